//! The real transport: blocking HTTP with ureq.

use std::{
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use certgate_wire::{Body, HeaderValue, Limits, Method, Reply, Request, header_bytes, header_text};
use rustls::CertificateError;
use ureq::{
    Agent, Error as Failure,
    config::AutoHeaderValue,
    http::Uri,
    tls::{Certificate, RootCerts, TlsConfig},
};

use crate::{
    HttpSettingsError, Phase, Proxy, Transport, TransportError,
    connector::{Connections, NoConnection},
    resolver::Addresses,
};

/// HTTP to one endpoint. Every phase has its timeout, redirects are refused, TLS is a must except to loopback.
#[derive(Debug)]
pub struct HttpTransport {
    /// Each of its requests has a connection of its own.
    agent: Agent,
    /// Keeps a connection, for requests that may be repeated.
    keeping: Agent,
    keeps_connections: bool,
    endpoint: String,
    /// What stands between, for people.
    proxy: Option<String>,
    body_limit: usize,
}

/// How a transport connects.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Trust the certificates of this PEM file in place of the platform's.
    pub ca_file: Option<PathBuf>,
    /// The proxy; never used to loopback.
    pub proxy: Option<Proxy>,
    /// How long each phase may take.
    pub timeouts: Timeouts,
    /// The largest answer taken, in bytes.
    pub body_limit: usize,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self { ca_file: None, proxy: None, timeouts: Timeouts::default(), body_limit: Limits::BODY }
    }
}

/// How long each phase of a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Timeouts {
    pub resolve: Duration,
    /// TCP, TLS and the proxy's consent.
    pub connect: Duration,
    pub send: Duration,
    /// From the end of the request to the head of the answer: the gateway checks CSRs and asks authorities in it.
    pub answer: Duration,
    pub body: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let [resolve, connect, send, answer, body] = [10, 15, 30, 90, 60].map(Duration::from_secs);
        Self { resolve, connect, send, answer, body }
    }
}

/// How long the addresses of the gateway hold where a connection to one of them is kept.
const LASTING: Duration = Duration::from_secs(10);
/// How much is kept of an answer that is too large.
const START: usize = 64 << 10;

impl HttpTransport {
    /// To that address, connecting so.
    ///
    /// # Errors
    /// The address is not valid, would send credentials unencrypted to another machine, or the file holds no certificates.
    pub fn new(endpoint: &str, settings: HttpSettings) -> Result<Self, HttpSettingsError> {
        let HttpSettings { ca_file, proxy, timeouts, body_limit } = settings;
        let loopback = Self::check(endpoint)?;
        let tls = TlsConfig::builder()
            .root_certs(roots(ca_file.as_deref())?)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let proxy = proxy.filter(|proxy| !loopback && proxy.serves(endpoint));
        let shown = proxy.as_ref().map(Proxy::to_string);
        let proxy = proxy.map(Proxy::into_inner);
        let agent = |kept: usize, lasting: Duration| -> Agent {
            let config = Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .https_only(!loopback)
                .user_agent(concat!("certgate/", env!("CARGO_PKG_VERSION")))
                // Each request says it, or whoever made it did not want to.
                .accept(AutoHeaderValue::None)
                // Nothing here unpacks a body.
                .accept_encoding("identity")
                .max_idle_connections(kept)
                .proxy(proxy.clone())
                .tls_config(tls.clone())
                .timeout_resolve(Some(timeouts.resolve))
                .timeout_connect(Some(timeouts.connect))
                .timeout_send_request(Some(timeouts.send))
                .timeout_send_body(Some(timeouts.send))
                .timeout_recv_response(Some(timeouts.answer))
                .timeout_recv_body(Some(timeouts.body));
            Agent::with_parts(config.build(), Connections::default(), Addresses::lasting(lasting))
        };
        let keeping = agent(1, LASTING);
        // A connection kept open may be closed by the other side just as an order leaves.
        let agent = agent(0, Duration::ZERO);
        Ok(Self { agent, keeping, keeps_connections: false, endpoint: endpoint.to_owned(), proxy: shown, body_limit })
    }

    /// Whether that address is on loopback, where it can be used at all.
    ///
    /// # Errors
    /// The address is invalid, holds credentials, or uses plain HTTP to another machine.
    pub fn check(endpoint: &str) -> Result<bool, HttpSettingsError> {
        let authority = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
        if authority.split('/').next().is_some_and(|authority| authority.contains('@')) {
            return Err(HttpSettingsError::CredentialsInEndpoint);
        }
        let wrong = |why: String| HttpSettingsError::Endpoint { endpoint: endpoint.to_owned(), why };
        let refused = |why: &str| Err(wrong(why.to_owned()));
        let uri: Uri = endpoint.parse().map_err(|why: ureq::http::uri::InvalidUri| wrong(why.to_string()))?;
        // The parser passes over a port that is not valid, and the usual one would get the credentials.
        let behind_host =
            uri.authority().map_or("", |authority| authority.as_str().rsplit(']').next().unwrap_or_default());
        if behind_host.contains(':') && uri.port().is_none() {
            return refused("the port is not a number from 1 to 65535");
        }
        if uri.query().is_some() {
            return refused("a query has no place in it");
        }
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let loopback = host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
        match uri.scheme_str() {
            Some("https") => Ok(loopback),
            Some("http") if loopback => Ok(true),
            Some("http") => Err(HttpSettingsError::Unencrypted(endpoint.to_owned())),
            _ => refused("neither https nor http"),
        }
    }
}

fn roots(ca_file: Option<&Path>) -> Result<RootCerts, HttpSettingsError> {
    let Some(path) = ca_file else { return Ok(RootCerts::PlatformVerifier) };
    let file = certgate_files::read_trusted(path)?;
    let found = certgate_x509::certificates(file.bytes());
    let found = found.map_err(|why| HttpSettingsError::Authorities { path: path.to_owned(), why })?;
    let certificates: Vec<_> = found.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    Ok(RootCerts::new_with_certs(&certificates))
}

impl HttpTransport {
    fn send_by(&self, agent: &Agent, request: &Request, timeout: Duration) -> Result<Reply, TransportError> {
        let address = match request.target.as_str() {
            "" => self.endpoint.clone(),
            target => format!("{}{target}", self.endpoint.trim_end_matches('/')),
        };
        let mut builder = ureq::http::Request::builder()
            .method(match request.method {
                Method::Get => ureq::http::Method::GET,
                Method::Post => ureq::http::Method::POST,
                Method::Put => ureq::http::Method::PUT,
                Method::Patch => ureq::http::Method::PATCH,
                Method::Delete => ureq::http::Method::DELETE,
            })
            .uri(&address);
        for header in &request.headers {
            let mut value =
                ureq::http::HeaderValue::from_bytes(&header_bytes(header.value.expose())).map_err(|_| {
                    let why = format!(
                        "the value of header {} cannot be sent: it holds a line end or a control character",
                        header.name
                    );
                    TransportError::Refused(why, Phase::Connection)
                })?;
            value.set_sensitive(matches!(header.value, HeaderValue::Secret(_)));
            builder = builder.header(header.name.as_str(), value);
        }
        let not_sent = |why: ureq::http::Error| TransportError::Refused(why.to_string(), Phase::Connection);
        let has_no_body = matches!(request.method, Method::Get | Method::Delete) && request.body.is_empty();
        let sent = if has_no_body {
            let http = builder.body(()).map_err(not_sent)?;
            agent.run(agent.configure_request(http).timeout_global(Some(timeout)).build())
        } else {
            // Also the empty body of a PUT, which is sent with its length: without one it would be sent in chunks.
            let http = builder.body(request.body.0.as_slice()).map_err(not_sent)?;
            agent.run(agent.configure_request(http).timeout_global(Some(timeout)).build())
        };
        let mut reply = sent.map_err(|failure| self.trouble(&failure))?;
        let headers = reply
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), header_text(value.as_bytes())))
            .collect();
        let limit = self.body_limit;
        let length = reply.body().content_length().and_then(|length| usize::try_from(length).ok());
        // The length is only what the other side says: a long body grows as it comes.
        let mut body = Vec::with_capacity(length.unwrap_or_default().min(START) + 1);
        let read = reply.body_mut().as_reader().take(limit as u64 + 1).read_to_end(&mut body);
        if let Err(why) = read {
            let text = format!("{}: the answer broke off: {why}", self.endpoint);
            return Err(TransportError::Unanswered(text, Phase::Answer));
        }
        let is_too_large = body.len() > limit;
        if is_too_large {
            body.truncate(START);
        }
        let reply = Reply { status: reply.status().as_u16(), headers, body: Body(body) };
        if is_too_large {
            return Err(TransportError::TooLarge { limit, start: Box::new(reply) });
        }
        Ok(reply)
    }

    /// Whether the request may have arrived. Anything once there is a connection may mean that it has.
    fn trouble(&self, failure: &Failure) -> TransportError {
        if let Some(why) = NoConnection::of(failure) {
            return self.unconnected(why);
        }
        let text = self.about(failure);
        match failure {
            Failure::TlsRequired => TransportError::NotSent(text, Phase::Tls),
            Failure::RequireHttpsOnly(_) | Failure::BadUri(_) | Failure::Http(_) => {
                TransportError::Refused(text, Phase::Connection)
            }
            Failure::Protocol(why) => {
                let why = unread(why);
                TransportError::Unreadable(format!("{}: the answer is no HTTP that can be read: {why}", self.endpoint))
            }
            Failure::LargeResponseHeader(_, most) => TransportError::Unreadable(format!(
                "{}: the headers of the answer are larger than {most} bytes",
                self.endpoint
            )),
            _ => TransportError::Unanswered(text, Phase::Answer),
        }
    }

    /// Why there is no connection. Nothing of the request has left.
    fn unconnected(&self, failure: &Failure) -> TransportError {
        let text = self.about(failure);
        match failure {
            // What it refuses by itself, such as for want of credentials, it refuses again, unless it was too slow or too busy. ureq has its
            // status in a text alone.
            Failure::ConnectProxyFailed(why) => {
                match why.rsplit('/').next().and_then(|status| status.parse::<u16>().ok()) {
                    Some(407) => TransportError::Refused(text, Phase::ProxyCredentials),
                    Some(408 | 429 | 500..) | None => TransportError::NotSent(text, Phase::Proxy),
                    Some(_) => TransportError::Refused(text, Phase::Proxy),
                }
            }
            // Only a proxy has been asked for anything.
            Failure::Protocol(why) => {
                let why = format!("its answer to CONNECT is no HTTP that can be read: {}", unread(why));
                TransportError::Refused(self.about(&why), Phase::Proxy)
            }
            Failure::InvalidProxyUrl => TransportError::Refused(text, Phase::Proxy),
            Failure::Rustls(why) => self.no_tls(Some(why), text),
            Failure::Tls(_) => self.no_tls(None, text),
            Failure::BadUri(_) => TransportError::Refused(text, Phase::Connection),
            Failure::Io(why) if why.kind() == ErrorKind::InvalidData => {
                self.no_tls(why.get_ref().and_then(|why| why.downcast_ref()), text)
            }
            // A connection that breaks before the handshake is over; behind a proxy it may be either.
            Failure::Io(why)
                if matches!(why.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset)
                    && self.proxy.is_none()
                    && self.endpoint.starts_with("https:") =>
            {
                self.no_tls(None, text)
            }
            _ => TransportError::NotSent(text, Phase::Connection),
        }
    }

    fn no_tls(&self, why: Option<&rustls::Error>, text: String) -> TransportError {
        match why {
            Some(rustls::Error::InvalidCertificate(why)) => {
                TransportError::Refused(format!("{}: {}", self.endpoint, distrust(why)), Phase::Tls)
            }
            _ => TransportError::NotSent(text, Phase::Tls),
        }
    }

    /// That failure, with what it was that failed.
    fn about(&self, failure: &impl std::fmt::Display) -> String {
        let by = self.proxy.as_ref().map(|proxy| format!(" by the proxy {proxy}")).unwrap_or_default();
        format!("{}{by}: {failure}", self.endpoint)
    }
}

/// Why something cannot be read as HTTP, and what it may be instead. Neither which line it is nor what is wrong with it is more than a text.
fn unread(why: &impl std::fmt::Display) -> String {
    let why = why.to_string();
    let hint = match &why {
        why if why.ends_with("invalid header name") => " (a folded header line cannot)",
        why if why.ends_with("invalid HTTP version") => " (this port speaks no HTTP, perhaps https://)",
        _ => "",
    };
    why + hint
}

impl Transport for HttpTransport {
    fn send(&mut self, request: &Request, timeout: Duration) -> Result<Reply, TransportError> {
        self.send_by(&self.agent, request, timeout)
    }

    fn send_repeatable(&mut self, request: &Request, timeout: Duration) -> Result<Reply, TransportError> {
        let agent = if self.keeps_connections { &self.keeping } else { &self.agent };
        self.send_by(agent, request, timeout)
    }

    fn keep_connections(&mut self) {
        self.keeps_connections = true;
    }

    fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

/// Why a gateway's certificate is not trusted, for people.
fn distrust(why: &CertificateError) -> String {
    let why = match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet",
        CertificateError::Revoked => "it is revoked",
        CertificateError::UnknownIssuer => "its authority is not trusted here",
        CertificateError::BadSignature => "its signature is wrong",
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "it is signed with an algorithm that is not trusted"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is another host's: its names do not include this one"
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => "it is not a server's",
        CertificateError::BadEncoding => "it cannot be read",
        CertificateError::UnhandledCriticalExtension => "it has a critical extension that is not known",
        CertificateError::Other(_) => "it is not fit for a server (an authority's own certificate, or a check failed)",
        _ => "it failed a check",
    };
    format!("the gateway's TLS certificate is refused: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A host that cannot be reached any more may have got the request before.
    #[test]
    fn whether_it_left_is_told_by_where_it_failed_and_not_by_how() {
        let transport = HttpTransport::new("http://localhost", HttpSettings::default()).unwrap();
        for kind in [
            ErrorKind::HostUnreachable,
            ErrorKind::NetworkUnreachable,
            ErrorKind::ConnectionRefused,
            ErrorKind::ConnectionReset,
            ErrorKind::NotConnected,
            ErrorKind::TimedOut,
            ErrorKind::UnexpectedEof,
        ] {
            let failed = || Failure::Io(kind.into());
            let sent = transport.trouble(&failed());
            assert!(matches!(sent, TransportError::Unanswered(_, Phase::Answer)), "{sent:?}");
            let unsent = transport.trouble(&NoConnection::because(failed()));
            assert!(matches!(unsent, TransportError::NotSent(_, Phase::Connection)), "{unsent:?}");
        }
    }
}
