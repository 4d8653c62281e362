//! The proxy, whose address may hold a password.

use std::{fmt, net::IpAddr, num::NonZeroU16};

use ureq::{ProxyProtocol, http::Uri};

use crate::HttpSettingsError;

/// An HTTP proxy, and the hosts that are reached without it. It shows itself without its credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    proxy: ureq::Proxy,
    without: Exceptions,
}

/// In the order in which they are asked, as by curl. `HTTP_PROXY` is for addresses without TLS, and those are loopback's here.
const VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

impl Proxy {
    /// At that address, `http://[USER:PASSWORD@]HOST:PORT`.
    ///
    /// # Errors
    /// It is none, or no HTTP proxy's. The error does not repeat it: it may hold a password.
    pub fn at(address: &str) -> Result<Self, HttpSettingsError> {
        let refused = HttpSettingsError::Proxy { variable: None };
        let Ok(proxy) = ureq::Proxy::new(address) else { return Err(refused) };
        // The parser passes over a port that is none, and the usual one would get the credentials.
        let authority =
            address.split_once("://").map_or(address, |(_, rest)| rest).split('/').next().unwrap_or_default();
        let behind_host = authority.rsplit(['@', ']']).next().unwrap_or_default();
        let is_port = |port: &str| port.parse::<NonZeroU16>().is_ok();
        let has_port = behind_host.rsplit_once(':').is_none_or(|(_, port)| is_port(port));
        match proxy.protocol() {
            ProxyProtocol::Http | ProxyProtocol::Https if has_port => {
                Ok(Self { proxy, without: Exceptions::default() })
            }
            _ => Err(refused),
        }
    }

    /// What the environment says, and by which variable. `NO_PROXY` lists hosts that are reached without it.
    ///
    /// # Errors
    /// A variable is set and its value is no HTTP proxy: going without it would be a surprise.
    pub fn of_environment() -> Result<Option<(&'static str, Self)>, HttpSettingsError> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let without = Exceptions::read(&["no_proxy", "NO_PROXY"].into_iter().find_map(set).unwrap_or_default());
        for name in VARIABLES {
            let Some(address) = set(name) else { continue };
            let Self { proxy, .. } =
                Self::at(&address).map_err(|_| HttpSettingsError::Proxy { variable: Some(name) })?;
            return Ok(Some((name, Self { proxy, without })));
        }
        Ok(None)
    }

    /// Whether its address holds a secret: a password, or a user's name, which may be a token.
    pub fn has_credentials(&self) -> bool {
        self.proxy.username().is_some() || self.proxy.password().is_some()
    }

    /// Its host.
    pub fn host(&self) -> &str {
        self.proxy.host()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.proxy.port()
    }

    /// Whether requests to that address go through it.
    pub fn serves(&self, endpoint: &str) -> bool {
        let Ok(uri) = endpoint.parse::<Uri>() else { return false };
        let default = if uri.scheme_str() == Some("http") { 80 } else { 443 };
        !self.without.include(uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(default))
    }

    pub(crate) fn into_inner(self) -> ureq::Proxy {
        self.proxy
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.proxy.protocol() == ProxyProtocol::Https { "https" } else { "http" };
        let credentials = if self.has_credentials() { "…@" } else { "" };
        write!(f, "{scheme}://{credentials}{}:{}", self.host(), self.port())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// The hosts of `NO_PROXY`, read as curl reads them: separated by commas or blanks; `*` is every host; a name is itself and all
/// below it, with or without a dot or `*.` in front; an address may have a prefix length; a port limits an entry to itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Exceptions(Vec<Exception>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Exception {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    Every,
    Name(String),
    Network(IpAddr, u8),
}

impl Exceptions {
    fn read(list: &str) -> Self {
        let entries = list.split([',', ' ', '\t']).filter(|entry| !entry.is_empty());
        Self(entries.filter_map(Exception::read).collect())
    }

    fn include(&self, host: &str, port: u16) -> bool {
        let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        self.0.iter().any(|exception| exception.port.is_none_or(|only| only == port) && exception.hosts.include(&host))
    }
}

impl Exception {
    fn read(entry: &str) -> Option<Self> {
        if entry == "*" {
            return Some(Self { hosts: Hosts::Every, port: None });
        }
        if let Some(hosts) = network(entry) {
            return Some(Self { hosts, port: None });
        }
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (entry, None),
        };
        let name = host.strip_prefix('*').unwrap_or(host).trim_matches('.').to_ascii_lowercase();
        let hosts =
            network(host).or_else(|| Some(Hosts::Name(name)).filter(|hosts| *hosts != Hosts::Name(String::new())))?;
        Some(Self { hosts, port })
    }
}

/// An address in brackets or without, with a prefix length or without.
fn network(text: &str) -> Option<Hosts> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.trim_matches(['[', ']']).parse().ok()?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    Some(Hosts::Network(address, length.unwrap_or(longest).min(longest)))
}

impl Hosts {
    fn include(&self, host: &str) -> bool {
        match self {
            Self::Every => true,
            Self::Name(name) => {
                host.strip_suffix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            Self::Network(network, length) => match (network, host.parse()) {
                (IpAddr::V4(network), Ok(IpAddr::V4(host))) => {
                    let mask = u32::MAX.checked_shl(32 - u32::from(*length)).unwrap_or_default();
                    u32::from(*network) & mask == u32::from(host) & mask
                }
                (IpAddr::V6(network), Ok(IpAddr::V6(host))) => {
                    let mask = u128::MAX.checked_shl(128 - u32::from(*length)).unwrap_or_default();
                    u128::from(*network) & mask == u128::from(host) & mask
                }
                _ => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Exceptions, Proxy};

    #[test]
    fn ports_that_are_none() {
        for (address, expected) in [
            ("http://127.0.0.1:999999", None),
            ("http://127.0.0.1:0", None),
            ("http://name:secret@127.0.0.1:x", None),
            ("http://name:secret@127.0.0.1", Some(80)),
            ("http://name:secret@127.0.0.1:3128/", Some(3128)),
            ("http://[::1]:3128", Some(3128)),
            ("http://[::1]", Some(80)),
        ] {
            assert_eq!(Proxy::at(address).ok().map(|proxy| proxy.port()), expected, "{address}");
        }
    }

    #[test]
    fn hosts_without_a_proxy_as_curl_reads_them() {
        for (list, host, expected) in [
            ("company.test", "gw.company.test", true),
            ("company.test", "company.test", true),
            ("company.test", "mycompany.test", false),
            ("company.test", "company.test.evil.example", false),
            (".company.test", "gw.company.test", true),
            (".company.test", "company.test", true),
            ("*.company.test", "gw.company.test", true),
            ("foo.test, gw.company.test", "gw.company.test", true),
            ("foo.test gw.company.test", "GW.company.test.", true),
            ("gw.company.test:8443", "gw.company.test", true),
            ("gw.company.test:443", "gw.company.test", false),
            ("gw.company.test:x", "gw.company.test", false),
            ("*", "anything.test", true),
            ("", "anything.test", false),
            (",., :443", "anything.test", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.0/24", "192.0.2.7", true),
            ("192.0.2.0/29", "192.0.2.8", false),
            ("0.0.0.0/0", "203.0.113.1", true),
            ("192.0.2.7:8443", "192.0.2.7", true),
            ("2001:db8::/32", "[2001:db8::1]", true),
            ("[2001:db8::1]:8443", "2001:db8::1", true),
            ("2001:db8::1", "2001:db8::2", false),
        ] {
            assert_eq!(Exceptions::read(list).include(host, 8443), expected, "NO_PROXY={list} {host}");
        }
    }
}
