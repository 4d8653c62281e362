//! Where a certificate is served.

use std::{fmt, net::Ipv6Addr, str::FromStr};

use serde_json::{Value, json};

use crate::certificate_settings::SettingValue;

/// A server that speaks TLS, at once or once it is asked to.
///
/// ```
/// use certgate::served::TlsEndpoint;
///
/// for (text, read) in [
///     ("example.com", "example.com:443"),
///     ("[2001:db8::1]:8443", "[2001:db8::1]:8443"),
///     ("smtp://mail.example.com", "smtp://mail.example.com:25"),
/// ] {
///     assert_eq!(text.parse::<TlsEndpoint>()?.to_string(), read);
/// }
/// # Ok::<(), certgate::served::BadEndpoint>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TlsEndpoint {
    /// The host: a name in A-labels, or an address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The protocol in which the server is asked for TLS; without one it speaks TLS at once.
    pub start_tls: Option<StartTls>,
}

/// A protocol that begins without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StartTls {
    /// Mail on its way (RFC 3207).
    Smtp,
    /// Mailboxes (RFC 9051).
    Imap,
}

/// A text that names no server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found `{found}`, expected {}", <TlsEndpoint as SettingValue>::EXPECTED)]
pub struct BadEndpoint {
    /// The text.
    pub found: String,
}

impl StartTls {
    const ALL: [Self; 2] = [Self::Smtp, Self::Imap];

    fn scheme(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Imap => "imap",
        }
    }
}

impl FromStr for TlsEndpoint {
    type Err = BadEndpoint;

    fn from_str(text: &str) -> Result<Self, BadEndpoint> {
        let bad = || BadEndpoint { found: text.to_owned() };
        let (start_tls, rest) = match text.split_once("://") {
            Some((scheme, rest)) => {
                let known = StartTls::ALL.into_iter().find(|known| known.scheme().eq_ignore_ascii_case(scheme));
                (Some(known.ok_or_else(bad)?), rest)
            }
            None => (None, text),
        };
        let usual = match start_tls {
            None => 443,
            Some(StartTls::Smtp) => 25,
            Some(StartTls::Imap) => 143,
        };
        let (host, port) = match rest.rsplit_once(':') {
            // Its last group is no port.
            _ if rest.parse::<Ipv6Addr>().is_ok() => (rest, usual),
            Some((host, port)) if !rest.ends_with(']') => (host, port.parse().map_err(|_| bad())?),
            _ => (rest, usual),
        };
        let host = certgate_x509::host(host).map_err(|_| bad())?.value();
        if port == 0 || host.starts_with('*') {
            return Err(bad());
        }
        Ok(Self { host, port, start_tls })
    }
}

impl fmt::Display for TlsEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(protocol) = self.start_tls {
            write!(f, "{}://", protocol.scheme())?;
        }
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl SettingValue for TlsEndpoint {
    const EXPECTED: &'static str = "HOST:PORT, smtp://HOST:PORT or imap://HOST:PORT";

    fn read(value: &Value) -> Option<Self> {
        value.as_str()?.trim().parse().ok()
    }

    fn write(&self) -> Value {
        self.to_string().into()
    }

    fn schema() -> Value {
        json!({ "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use super::{StartTls, TlsEndpoint};

    #[test]
    fn what_names_a_server() {
        for (text, host, port, start_tls) in [
            ("example.com:8443", "example.com", 8443, None),
            ("Bücher.example", "xn--bcher-kva.example", 443, None),
            ("192.0.2.1:443", "192.0.2.1", 443, None),
            ("::1", "::1", 443, None),
            ("[::1]", "::1", 443, None),
            ("[2001:DB8::1]:465", "2001:db8::1", 465, None),
            ("smtp://mail.example.com:587", "mail.example.com", 587, Some(StartTls::Smtp)),
            ("IMAP://[::1]", "::1", 143, Some(StartTls::Imap)),
        ] {
            let expected = TlsEndpoint { host: host.to_owned(), port, start_tls };
            assert_eq!(text.parse(), Ok(expected.clone()), "{text}");
            assert_eq!(expected.to_string().parse(), Ok(expected), "{text}");
        }
        for text in
            ["", ":443", "a b:1", "example.com:0", "example.com:70000", "pop3://a", "https://a/b", "*.example.com"]
        {
            let error = text.parse::<TlsEndpoint>().unwrap_err().to_string();
            assert_eq!(error, format!("found `{text}`, expected HOST:PORT, smtp://HOST:PORT or imap://HOST:PORT"));
        }
    }
}
