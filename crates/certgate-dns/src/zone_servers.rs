//! Which servers a zone has.

use std::net::{IpAddr, SocketAddr};

use domain::base::{Rtype, ToName};

use crate::{
    DnsName, NotSeen,
    query::{Answer, QueryError, ask, has_route},
    resolv_conf::PORT,
};

/// Resolvers, asked in turn until one answers.
pub(crate) struct Resolvers<'a>(pub(crate) &'a [SocketAddr]);

impl Resolvers<'_> {
    fn ask(&self, name: &DnsName, rtype: Rtype) -> Result<Answer, QueryError> {
        let mut failed = QueryError::Silent;
        for resolver in self.0 {
            match ask(*resolver, name, rtype, true) {
                Ok(answer) => return Ok(answer),
                Err(why) => failed = why,
            }
        }
        Err(failed)
    }

    /// The addresses of the servers of the zone that a name is in.
    ///
    /// # Errors
    /// [`NotSeen`]: no zone was found, or none of its servers has an address.
    pub(crate) fn servers_of(&self, name: &DnsName) -> Result<Vec<SocketAddr>, NotSeen> {
        for zone in name.iter_suffixes().filter(|zone| !zone.is_root()).map(|zone| zone.to_vec()) {
            // Without an answer the zone above must not be asked in this one's place.
            let servers = self.ask(&zone, Rtype::NS).map_err(NotSeen::Search)?.servers(&zone);
            if servers.is_empty() {
                continue;
            }
            let mut addresses: Vec<SocketAddr> = servers.iter().flat_map(|server| self.addresses_of(server)).collect();
            addresses.sort();
            addresses.dedup();
            return if addresses.is_empty() { Err(NotSeen::NoAddress(zone.to_string())) } else { Ok(addresses) };
        }
        Err(NotSeen::NoZone(name.to_string()))
    }

    /// A server's addresses of the first family that there is a way to: of the other it is the same server.
    fn addresses_of(&self, server: &DnsName) -> Vec<SocketAddr> {
        let of_family =
            |rtype| -> Vec<IpAddr> { self.ask(server, rtype).map(|answer| answer.addresses()).unwrap_or_default() };
        [Rtype::A, Rtype::AAAA]
            .into_iter()
            .map(|rtype| of_family(rtype).into_iter().map(|address| SocketAddr::new(address, PORT)).collect::<Vec<_>>())
            .find(|addresses| addresses.iter().any(|address| has_route(*address)))
            .unwrap_or_default()
    }
}
