//! The proxy, whose address may hold a password.

use std::fmt;

use ureq::ProxyProtocol;

use crate::Error;

/// An HTTP proxy. It shows itself without its credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy(ureq::Proxy);

/// In the order in which they are asked.
const VARIABLES: [&str; 6] = ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

impl Proxy {
    /// At that address, `http://[USER:PASSWORD@]HOST:PORT`.
    ///
    /// # Errors
    /// It is none, or no HTTP proxy's. The error does not repeat it: it may hold a password.
    pub fn at(address: &str) -> Result<Self, Error> {
        let wrong =
            || Error::Settings("proxy: expected http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT".to_owned());
        let proxy = ureq::Proxy::new(address).map_err(|_| wrong())?;
        match proxy.protocol() {
            ProxyProtocol::Http | ProxyProtocol::Https => Ok(Self(proxy)),
            _ => Err(wrong()),
        }
    }

    /// What the environment says, and by which variable. `NO_PROXY` lists hosts that are reached without it.
    ///
    /// # Errors
    /// A variable is set and its value is no HTTP proxy: going without it would be a surprise.
    pub fn of_environment() -> Result<Option<(&'static str, Self)>, Error> {
        for name in VARIABLES {
            let Some(address) = std::env::var(name).ok().filter(|address| !address.is_empty()) else { continue };
            Self::at(&address).map_err(|why| Error::Settings(format!("{name}: {why}")))?;
            // Read again by ureq, which knows NO_PROXY; it asks in the same order.
            return Ok(ureq::Proxy::try_from_env().map(|proxy| (name, Self(proxy))));
        }
        Ok(None)
    }

    /// Whether its address holds a secret: a password, or a user's name, which may be a token.
    pub fn has_credentials(&self) -> bool {
        self.0.username().is_some() || self.0.password().is_some()
    }

    /// Its host.
    pub fn host(&self) -> &str {
        self.0.host()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.0.port()
    }

    /// Whether requests to that address go through it.
    pub fn serves(&self, endpoint: &str) -> bool {
        endpoint.parse().is_ok_and(|uri| !self.0.is_no_proxy(&uri))
    }

    pub(crate) fn into_inner(self) -> ureq::Proxy {
        self.0
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.0.protocol() == ProxyProtocol::Https { "https" } else { "http" };
        let credentials = if self.has_credentials() { "…@" } else { "" };
        write!(f, "{scheme}://{credentials}{}:{}", self.host(), self.port())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}
