//! The DNS side of domain validation: the record that a gateway asks for, whether it may be published, its update into a zone, and whether name servers
//! show it: exactly that TXT or CNAME, behind CNAMEs too.
//!
//! ```no_run
//! use certgate_dns::{Propagation, ZoneRecord};
//! let records = ZoneRecord::parse("example.com. 300 IN TXT \"2018abc\"").unwrap();
//! let answers = Propagation { resolvers: vec![], authoritative: true }.check(&records[0])?;
//! println!("{}", answers.iter().all(|answer| answer.found.is_ok()));
//! # Ok::<(), certgate_dns::DnsError>(())
//! ```

#![allow(clippy::disallowed_methods, reason = "this crate asks name servers")]

mod plain;
mod propagation;
mod query;
mod resolv_conf;
mod scope;
mod tsig;
mod tsig_key;
mod update;
mod zone_line;
mod zone_servers;

pub use self::{
    propagation::{NotSeen, Propagation, ServerAnswer},
    query::QueryError,
    scope::{OutOfScope, OutOfScopeReason, PublicationScope},
    tsig_key::{TsigKey, TsigKeyError},
    update::ZoneUpdater,
    zone_line::{Fault, NotAZoneLine, RecordData, ZoneRecord},
};

/// A name as messages carry it.
pub(crate) type DnsName = domain::base::Name<Vec<u8>>;

/// Why nobody could be asked, or a zone is not updated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DnsError {
    /// The record's name is none, or its type is not TXT or CNAME.
    #[error("`{0}`: expected a TXT or CNAME record of a DNS name")]
    Record(String),
    /// This machine's resolvers are not known.
    #[error("this machine's name servers are not known ({0})")]
    System(String),
    /// Nobody is to be asked.
    #[error("no name server is left to be asked")]
    Nobody,
    /// A zone was not updated.
    #[error("the zone could not be updated: {0}")]
    Update(String),
    /// Whether a zone was updated is not known: the update left, and no answer came that can be relied on.
    #[error("the zone may have been updated or not: {0}")]
    Unsure(String),
}

fn dns_name(name: &str) -> Result<DnsName, DnsError> {
    DnsName::vec_from_str(name).map_err(|_| DnsError::Record(name.to_owned()))
}
