//! Whether name servers show the record that validates a certificate: exactly that TXT or CNAME, behind CNAMEs too.
//!
//! ```no_run
//! use certgate_dns::Looking;
//! let record = "example.com. 300 IN TXT \"2018abc\"".parse().unwrap();
//! let seen = Looking { resolvers: vec![], authoritative: true }.look(&record)?;
//! println!("{}", seen.iter().all(|seen| seen.found.is_ok()));
//! # Ok::<(), certgate_dns::DnsError>(())
//! ```

mod update;

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use certgate_domain::ZoneRecord;
use hickory_resolver::{
    Resolver, TokioResolver,
    config::{NameServerConfig, ResolverConfig},
    net::runtime::TokioRuntimeProvider,
    proto::rr::{Name, RData, RecordType},
};

pub use self::update::{TsigKey, Updating};

/// Why nobody could be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DnsError {
    /// The record's name is none, or its kind is not TXT or CNAME.
    #[error("`{0}`: expected the name of a TXT or CNAME record")]
    Record(String),
    /// This machine's resolver cannot be used.
    #[error("this machine's name servers cannot be asked ({0}): name some with --resolver")]
    System(String),
    /// A TSIG key cannot be used. Its secret is not shown.
    #[error("the TSIG key cannot be used: {0}; expected a file as tsig-keygen writes it")]
    Key(String),
    /// A zone was not updated.
    #[error("the zone could not be updated: {0}")]
    Update(String),
    /// Whether a zone was updated is not known: the update left, and no answer came that can be relied on.
    #[error("the zone may have been updated or not: {0}")]
    Unsure(String),
    /// Nobody is to be asked.
    #[error("no name server is left to be asked: give --resolver, or leave --no-authoritative out")]
    Nobody,
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Looking {
    /// These resolvers.
    pub resolvers: Vec<SocketAddr>,
    /// The zone's own servers, found by the first of those resolvers, or by this machine's.
    pub authoritative: bool,
}

/// What a server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which one.
    pub server: String,
    /// The record is there; or what is there in its place.
    pub found: Result<(), String>,
}

const PORT: u16 = 53;
const PATIENCE: Duration = Duration::from_secs(3);
/// CNAMEs that are followed one after the other.
const CHAIN: usize = 8;

impl Looking {
    /// Asks each of them once.
    ///
    /// # Errors
    /// [`DnsError`]: nobody could be asked.
    pub fn look(&self, record: &ZoneRecord) -> Result<Vec<Seen>, DnsError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|why| DnsError::System(why.to_string()))?;
        runtime.block_on(self.look_at(record))
    }

    async fn look_at(&self, record: &ZoneRecord) -> Result<Vec<Seen>, DnsError> {
        let wrong = || DnsError::Record(record.name.clone());
        let kind = match record.kind.as_str() {
            "TXT" => RecordType::TXT,
            "CNAME" => RecordType::CNAME,
            _ => return Err(wrong()),
        };
        let name = Name::from_ascii(&record.name).map_err(|_| wrong())?;
        let mut servers = self.resolvers.clone();
        let mut seen = Vec::new();
        if self.authoritative {
            let finder = match self.resolvers.first() {
                Some(address) => asking(*address, true)?,
                None => Resolver::builder_tokio()
                    .and_then(|builder| builder.build())
                    .map_err(|why| DnsError::System(why.to_string()))?,
            };
            match authorities(&finder, &name).await {
                Ok(found) => servers.extend(found.into_iter().filter(|server| !self.resolvers.contains(server))),
                Err(why) => seen.push(Seen { server: "the zone's servers".to_owned(), found: Err(why) }),
            }
        }
        if servers.is_empty() && seen.is_empty() {
            return Err(DnsError::Nobody);
        }
        for server in servers {
            let recursive = self.resolvers.contains(&server);
            let found = shown(server, recursive, &name, kind, &record.value).await?;
            seen.push(Seen { server: server.to_string(), found });
        }
        Ok(seen)
    }
}

/// A resolver that asks one server and remembers nothing.
fn asking(server: SocketAddr, recursive: bool) -> Result<TokioResolver, DnsError> {
    let mut config = NameServerConfig::udp_and_tcp(server.ip());
    config.connections.iter_mut().for_each(|connection| connection.port = server.port());
    let config = ResolverConfig::from_name_servers(vec![config]);
    let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    options.timeout = PATIENCE;
    options.attempts = 1;
    options.cache_size = 0;
    options.recursion_desired = recursive;
    options.preserve_intermediates = true;
    builder.build().map_err(|why| DnsError::System(why.to_string()))
}

/// The addresses of the servers of the zone that a name is in.
async fn authorities(finder: &TokioResolver, name: &Name) -> Result<Vec<SocketAddr>, String> {
    let mut zone = name.clone();
    while !zone.is_root() {
        let found = finder.lookup(zone.clone(), RecordType::NS).await;
        let servers: Vec<Name> = found
            .iter()
            .flat_map(|found| found.answers())
            .filter_map(|record| match &record.data {
                RData::NS(server) if record.name == zone => Some(server.0.clone()),
                _ => None,
            })
            .collect();
        if !servers.is_empty() {
            let mut addresses: Vec<IpAddr> = Vec::new();
            for server in servers {
                if let Ok(found) = finder.lookup_ip(server).await {
                    addresses.extend(found.iter());
                }
            }
            addresses.sort();
            addresses.dedup();
            return match addresses.is_empty() {
                true => Err(format!("the servers of {zone} have no addresses")),
                false => Ok(addresses.into_iter().map(|address| SocketAddr::new(address, PORT)).collect()),
            };
        }
        zone = zone.base_name();
    }
    Err(format!("no zone is found for {name}"))
}

/// Whether a server shows the record, at the name itself or behind CNAMEs.
async fn shown(
    server: SocketAddr,
    recursive: bool,
    name: &Name,
    kind: RecordType,
    value: &str,
) -> Result<Result<(), String>, DnsError> {
    let resolver = asking(server, recursive)?;
    let mut at = name.clone();
    for _ in 0..CHAIN {
        let found = match resolver.lookup(at.clone(), kind).await {
            Ok(found) => found,
            Err(why) => return Ok(Err(why.to_string())),
        };
        let mut there = Vec::new();
        let mut next = None;
        for record in found.answers() {
            match &record.data {
                RData::TXT(text) if kind == RecordType::TXT => {
                    let text: Vec<u8> = text.txt_data.iter().flat_map(|part| part.iter().copied()).collect();
                    there.push(String::from_utf8_lossy(&text).into_owned());
                }
                RData::CNAME(target) if kind == RecordType::CNAME => there.push(target.0.to_string()),
                RData::CNAME(target) => next = Some(target.0.clone()),
                _ => {}
            }
        }
        let same = |shown: &String| match kind {
            RecordType::CNAME => shown.trim_end_matches('.').eq_ignore_ascii_case(value.trim_end_matches('.')),
            _ => shown.trim() == value,
        };
        if there.iter().any(same) {
            return Ok(Ok(()));
        }
        match next {
            Some(target) if there.is_empty() => at = target,
            _ if there.is_empty() => return Ok(Err("the record is not there".to_owned())),
            _ => return Ok(Err(format!("found {}", there.join(", ")))),
        }
    }
    Ok(Err(format!("more than {CHAIN} CNAMEs one after the other")))
}
