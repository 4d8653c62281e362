//! The addresses of a host.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use ureq::{
    Error as Failure,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::NextTimeout,
    },
};

use crate::connector::NoConnection;

/// Asks the system for the addresses of a name. ureq does so for every request, kept connection or not, on a new thread each time: here an
/// address needs nobody to be asked, and what was found holds for a while.
#[derive(Debug)]
pub(crate) struct Addresses {
    system: DefaultResolver,
    /// How long what was found holds.
    lasting: Duration,
    last: Mutex<Option<Found>>,
}

#[derive(Debug)]
struct Found {
    host: String,
    since: Instant,
    addresses: ResolvedSocketAddrs,
}

impl Addresses {
    /// Each of which is found out anew after so long.
    pub(crate) fn lasting(lasting: Duration) -> Self {
        Self { system: DefaultResolver::default(), lasting, last: Mutex::default() }
    }
}

impl Resolver for Addresses {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Failure> {
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return self.system.resolve(uri, config, timeout).map_err(NoConnection::because);
        };
        let port = authority.port_u16().or(match scheme.as_str() {
            "https" => Some(443),
            "http" => Some(80),
            _ => None,
        });
        let address = authority.host().trim_matches(['[', ']']).parse::<IpAddr>();
        if let (Ok(address), Some(port)) = (address, port) {
            let mut only = self.empty();
            only.push(SocketAddr::new(address, port));
            return Ok(only);
        }
        let host = authority.as_str();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = last.as_ref().filter(|found| found.host == host && found.since.elapsed() < self.lasting) {
            return Ok(found.addresses.clone());
        }
        let addresses = self.system.resolve(uri, config, timeout).map_err(NoConnection::because)?;
        *last = Some(Found { host: host.to_owned(), since: Instant::now(), addresses: addresses.clone() });
        Ok(addresses)
    }
}
