//! Whether name servers show a record.

use std::net::SocketAddr;

use domain::base::Rtype;

use crate::{
    DnsError, DnsName, RecordData, ZoneRecord, dns_name,
    query::{Answer, QueryError, ask},
    resolv_conf,
    zone_servers::Resolvers,
};

/// Who is asked for a record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Propagation {
    /// These resolvers.
    pub resolvers: Vec<SocketAddr>,
    /// The zone's own servers, found by the first of those resolvers that answers, or by this machine's. Where the name is an alias into another zone,
    /// that zone's own servers too.
    pub authoritative: bool,
}

/// What a server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAnswer {
    /// Its address, or whose servers could not be found.
    pub server: String,
    /// The record is there, or what is there in its place.
    pub found: Result<(), NotSeen>,
}

/// Why a record is not seen at a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSeen {
    /// There is no record of that type.
    #[error("the record is not there")]
    NoRecord,
    /// There are others.
    #[error("found {}", .0.iter().map(|value| value.escape_debug().to_string()).collect::<Vec<_>>().join(", "))]
    Others(Vec<String>),
    /// The server gave no answer.
    #[error("{0}")]
    Query(#[from] QueryError),
    /// CNAMEs lead in a circle, or go on for too long.
    #[error("more than {CHAIN} CNAMEs one after the other")]
    AliasChain,
    /// No zone has the name.
    #[error("no zone is found for {0}")]
    NoZone(String),
    /// No server of a zone can be reached.
    #[error("no server of {0} has an address that this machine can reach")]
    NoAddress(String),
    /// The zone's servers could not be looked for.
    #[error("its servers could not be found: the resolver: {0}")]
    Search(QueryError),
}

/// CNAMEs that are followed one after the other.
const CHAIN: usize = 8;

impl Propagation {
    /// Finds, before anything is published, that nobody can be asked.
    ///
    /// # Errors
    /// [`DnsError::Nobody`], [`DnsError::System`].
    pub fn ready(&self) -> Result<(), DnsError> {
        match (self.authoritative, self.resolvers.is_empty()) {
            (_, false) => Ok(()),
            (true, true) => resolv_conf::resolvers().map(drop),
            (false, true) => Err(DnsError::Nobody),
        }
    }

    /// Asks each server once.
    ///
    /// # Errors
    /// [`DnsError`]: nobody could be asked.
    pub fn check(&self, record: &ZoneRecord) -> Result<Vec<ServerAnswer>, DnsError> {
        let expected = ExpectedRecord::of(record)?;
        self.ready()?;
        let mut answers = Vec::new();
        for resolver in &self.resolvers {
            answers.push(ServerAnswer { server: resolver.to_string(), found: expected.at_resolver(*resolver) });
        }
        if self.authoritative {
            let resolvers = if self.resolvers.is_empty() { resolv_conf::resolvers()? } else { self.resolvers.clone() };
            answers.extend(self.authoritative(&expected, &Resolvers(&resolvers)));
        }
        Ok(answers)
    }

    /// Each server is asked for names of its own zone only: an alias is followed to the servers of the zone that it leads to.
    fn authoritative(&self, expected: &ExpectedRecord<'_>, resolvers: &Resolvers<'_>) -> Vec<ServerAnswer> {
        let mut answers = Vec::new();
        let mut names = vec![expected.owner.clone()];
        let mut at = 0;
        while let Some(name) = names.get(at).cloned() {
            at += 1;
            let servers = match resolvers.servers_of(&name) {
                Ok(servers) => servers,
                Err(why) => {
                    answers.push(ServerAnswer { server: format!("the zone of {name}"), found: Err(why) });
                    continue;
                }
            };
            // Who was asked as a resolver is not asked again.
            for server in servers.into_iter().filter(|server| !self.resolvers.contains(server)) {
                let found =
                    match ask(server, &name, expected.rtype, false).map(|answer| expected.in_answer(&answer, &name)) {
                        Ok(Lookup::Alias(target)) if names.get(at..).unwrap_or_default().contains(&target) => continue,
                        Ok(Lookup::Alias(target)) if names.len() <= CHAIN && !names.contains(&target) => {
                            names.push(target);
                            continue;
                        }
                        Ok(Lookup::Alias(_)) => Err(NotSeen::AliasChain),
                        Ok(Lookup::End(found)) => found,
                        Err(why) => Err(why.into()),
                    };
                answers.push(ServerAnswer { server: server.to_string(), found });
            }
        }
        answers
    }
}

/// The record that is looked for.
struct ExpectedRecord<'a> {
    owner: DnsName,
    rtype: Rtype,
    value: &'a str,
}

/// What an answer says of a name.
enum Lookup {
    /// It is an alias of this one.
    Alias(DnsName),
    /// The record is there, or what is there in its place.
    End(Result<(), NotSeen>),
}

impl<'a> ExpectedRecord<'a> {
    fn of(record: &'a ZoneRecord) -> Result<Self, DnsError> {
        let rtype = match record.data {
            RecordData::Txt(_) => Rtype::TXT,
            RecordData::Cname(_) => Rtype::CNAME,
            RecordData::Other { .. } => return Err(DnsError::Record(record.to_string())),
        };
        Ok(Self { owner: dns_name(&record.name)?, rtype, value: record.value() })
    }

    /// At the name itself, or behind aliases, which a resolver follows by itself.
    fn at_resolver(&self, resolver: SocketAddr) -> Result<(), NotSeen> {
        let mut name = self.owner.clone();
        let mut answer = ask(resolver, &name, self.rtype, true)?;
        for _ in 0..=CHAIN {
            match self.in_answer(&answer, &name) {
                Lookup::End(found) => return found,
                Lookup::Alias(target) => name = target,
            }
            if answer.texts(&name).is_empty() && answer.aliases(&name).is_empty() {
                answer = ask(resolver, &name, self.rtype, true)?;
            }
        }
        Err(NotSeen::AliasChain)
    }

    fn in_answer(&self, answer: &Answer, name: &DnsName) -> Lookup {
        let mut aliases = answer.aliases(name);
        let values: Vec<String> = match self.rtype {
            Rtype::CNAME => aliases.iter().map(|alias| format!("{}.", alias)).collect(),
            _ => answer.texts(name),
        };
        let is_it = |value: &String| match self.rtype {
            Rtype::CNAME => value.trim_end_matches('.').eq_ignore_ascii_case(self.value.trim_end_matches('.')),
            _ => value.trim() == self.value,
        };
        match aliases.pop() {
            _ if values.iter().any(is_it) => Lookup::End(Ok(())),
            _ if !values.is_empty() => Lookup::End(Err(NotSeen::Others(values))),
            Some(alias) => Lookup::Alias(alias),
            None => Lookup::End(Err(NotSeen::NoRecord)),
        }
    }
}
