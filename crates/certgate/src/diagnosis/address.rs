//! Hosts and their addresses.

use std::{
    io,
    net::{IpAddr, ToSocketAddrs},
    sync::mpsc,
    time::Duration,
};

/// Why a host has no address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookUpError {
    /// The name servers know the name, without an address.
    #[error("no address")]
    NoAddress,
    /// The platform's resolver failed.
    #[error(transparent)]
    Resolver(io::Error),
    /// The platform's resolver took longer than it may.
    #[error("no answer within {} s", .0.as_secs())]
    TimedOut(Duration),
}

/// The first address of a host. The platform's resolver knows no timeout, so it is waited for from outside.
pub(super) fn look_up(host: String, port: u16, timeout: Duration) -> Result<IpAddr, LookUpError> {
    let (found, wanted) = mpsc::channel();
    std::thread::spawn(move || {
        let addresses = (host.as_str(), port).to_socket_addrs().map(|mut addresses| addresses.next());
        let _ = found.send(addresses);
    });
    match wanted.recv_timeout(timeout) {
        Ok(Ok(Some(address))) => Ok(address.ip()),
        Ok(Ok(None)) => Err(LookUpError::NoAddress),
        Ok(Err(why)) => Err(LookUpError::Resolver(why)),
        Err(_) => Err(LookUpError::TimedOut(timeout)),
    }
}

/// The host and the port of an endpoint.
pub(super) fn host_and_port(endpoint: &str) -> (String, u16) {
    let (scheme, rest) = endpoint.split_once("://").unwrap_or(("https", endpoint));
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let default = if scheme == "http" { 80 } else { 443 };
    match authority.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
        Some((host, Ok(port))) => (host.trim_matches(['[', ']']).to_owned(), port),
        _ => (authority.trim_matches(['[', ']']).to_owned(), default),
    }
}

#[cfg(test)]
mod tests {
    use super::host_and_port;

    #[test]
    fn the_host_and_port_of_an_endpoint() {
        for (endpoint, host, port) in [
            ("https://api.example.com/v1", "api.example.com", 443),
            ("http://localhost/xml", "localhost", 80),
            ("https://example.com:8443?a=b", "example.com", 8443),
            ("http://[::1]:8080/v1", "::1", 8080),
            ("https://[::1]/v1", "::1", 443),
        ] {
            assert_eq!(host_and_port(endpoint), (host.to_owned(), port), "{endpoint}");
        }
    }
}
