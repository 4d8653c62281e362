//! The zones of an AutoDNS account: which of them a name is in, and single records that are added and removed.
//!
//! ```no_run
//! use certgate::{Gateway, zones::Zones};
//! use certgate_domain::{Credentials, Protocol, ResourceRecord, Secret};
//!
//! // Zones belong to a user with context 4, certificates to one with context 9.
//! let credentials = Credentials::new("user", Secret::new("…"), "4");
//! let mut client = Gateway::builder(Protocol::Json).credentials(credentials).build()?.client()?;
//! let mut zones = Zones::of(&mut client);
//! let zone = zones.find("_dnsauth.www.example.com")?;
//! let record = ResourceRecord::txt("_dnsauth.www", "2026abcd");
//! zones.add(&zone, &record)?;
//! # Ok::<(), certgate::zones::ZoneError>(())
//! ```

use certgate_client::Client;
use certgate_domain::{
    Lenient, NotAnIdn, Query, QueryFilter, QueryView, ResourceRecord, Zone, name_in_zone,
    task::{ZoneInfo, ZoneList, ZoneUpdateRecords},
    words::Operator,
    zones_around,
};

use crate::{Error, selector::is_same_name};

/// The zones that an account sees.
pub struct Zones<'c> {
    client: &'c mut Client,
}

/// A zone, and the name server that it is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneId {
    /// Its name, in lower case, in A-labels.
    pub origin: String,
    /// Its virtual name server.
    pub name_server: Option<String>,
}

/// What became of a record that was to be added or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordChange {
    /// It was added or removed.
    Made,
    /// It was there already, or was not there.
    Unchanged,
}

/// Why a zone could not be found, read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZoneError {
    /// A text that is no host name below a top-level domain.
    #[error("found `{0}`, expected a name below a top-level domain, such as _dnsauth.www.example.com")]
    NotAName(String),
    /// A name in Unicode without A-labels.
    #[error(transparent)]
    Idn(#[from] NotAnIdn),
    /// No zone of the account is around the name.
    #[error("the account has no zone for {name}: it was asked for {}", asked.join(", "))]
    None {
        /// The name.
        name: String,
        /// The zones that were looked for, the longest first.
        asked: Vec<String>,
    },
    /// The zone has a CNAME record in the place of the record, beside which no other may stand.
    #[error(
        "{name} is an alias (CNAME) of {target} in the zone {origin}, and no other record may stand beside it: \
         remove the alias, or publish the record where it leads"
    )]
    Alias {
        /// The record's full name.
        name: String,
        /// Where the alias leads.
        target: String,
        /// The zone.
        origin: String,
    },
    /// The gateway could not be asked, or refused.
    #[error(transparent)]
    Gateway(#[from] Error),
}

impl From<certgate_client::Error> for ZoneError {
    fn from(error: certgate_client::Error) -> Self {
        Self::Gateway(error.into())
    }
}

impl ZoneError {
    /// Whether a record may have been added or removed all the same.
    pub fn leaves_outcome_open(&self) -> bool {
        matches!(self, Self::Gateway(error) if error.leaves_outcome_open())
    }
}

impl ZoneId {
    /// A name in the zone, relative to it: none for the zone's own. `None` where it is not in the zone.
    pub fn relative(&self, name: &str) -> Option<Option<String>> {
        name_in_zone(name, &self.origin)
    }
}

/// The gateway's code for a record that is there already.
const IS_THERE: &str = "EF02022";

impl<'c> Zones<'c> {
    /// The zones of the client's account.
    pub fn of(client: &'c mut Client) -> Self {
        Self { client }
    }

    /// The zone that a name is in: asked for by the full name, then label by label further up (task 0205), and never for a
    /// top-level domain. Of several of one name on several name servers it is the first.
    ///
    /// # Errors
    /// It is no name, the account has no such zone, or the gateway could not be asked.
    pub fn find(&mut self, name: &str) -> Result<ZoneId, ZoneError> {
        let mut asked = Vec::new();
        let candidates = zones_around(name)?;
        if candidates.is_empty() {
            return Err(ZoneError::NotAName(name.to_owned()));
        }
        for candidate in candidates {
            let filters = vec![QueryFilter::new("name", Operator::Equal, candidate.as_str())];
            let view = Some(QueryView { children: Some(Lenient::Parsed(true)), ..QueryView::default() });
            let query = Query { filters, view, ..Query::default() }.window(0, 10);
            let rows = self.client.call(ZoneList { query })?.value.data;
            let is_it = |row: &Zone| row.origin.as_deref().is_some_and(|origin| is_same_name(origin, &candidate));
            if let Some(zone) = rows.into_iter().find(is_it) {
                return Ok(ZoneId { origin: candidate, name_server: zone.virtual_name_server });
            }
            asked.push(candidate);
        }
        Err(ZoneError::None { name: name.to_owned(), asked })
    }

    /// The records of a zone (task 0205).
    ///
    /// # Errors
    /// The gateway could not be asked, or has no such zone.
    pub fn records(&mut self, zone: &ZoneId) -> Result<Vec<ResourceRecord>, ZoneError> {
        let ZoneId { origin, name_server } = zone.clone();
        let task = ZoneInfo { origin: Some(origin), virtual_name_server: name_server };
        let found = self.client.call(task)?.value.data.into_iter().next();
        Ok(found.map(|zone| zone.resource_records).unwrap_or_default())
    }

    /// Adds a record, whose name is relative to the zone, at once (task 0202001).
    ///
    /// # Errors
    /// The gateway could not be asked, or refused.
    pub fn add(&mut self, zone: &ZoneId, record: &ResourceRecord) -> Result<RecordChange, ZoneError> {
        match self.change(zone, ZoneUpdateRecords { add: vec![record.clone()], ..ZoneUpdateRecords::default() }) {
            Err(ZoneError::Gateway(error)) if refuses_with(&error, IS_THERE) => Ok(RecordChange::Unchanged),
            changed => changed.map(|()| RecordChange::Made),
        }
    }

    /// Removes a record, whose name is relative to the zone, at once, where it is there.
    ///
    /// # Errors
    /// The gateway could not be asked, or refused although it is there.
    pub fn remove(&mut self, zone: &ZoneId, record: &ResourceRecord) -> Result<RecordChange, ZoneError> {
        let Some(there) = self.records(zone)?.into_iter().find(|other| is_same(other, record)) else {
            return Ok(RecordChange::Unchanged);
        };
        let changed = self.change(zone, ZoneUpdateRecords { remove: vec![there], ..ZoneUpdateRecords::default() });
        if changed.is_err() && !self.records(zone)?.iter().any(|other| is_same(other, record)) {
            // Somebody else did it meanwhile, or the answer was lost.
            return Ok(RecordChange::Unchanged);
        }
        changed.map(|()| RecordChange::Made)
    }

    /// Refuses a record beside an alias.
    ///
    /// # Errors
    /// [`ZoneError::Alias`], or the gateway could not be asked.
    pub fn check_alias(&mut self, zone: &ZoneId, record: &ResourceRecord) -> Result<(), ZoneError> {
        let beside = |other: &ResourceRecord| same_text(&other.name, &record.name) && is_alias(other);
        match self.records(zone)?.into_iter().find(|other| beside(other) && !is_same(other, record)) {
            Some(alias) => Err(ZoneError::Alias {
                name: record.name.iter().chain([&zone.origin]).map(String::as_str).collect::<Vec<_>>().join("."),
                target: alias.value.unwrap_or_default(),
                origin: zone.origin.clone(),
            }),
            None => Ok(()),
        }
    }

    fn change(&mut self, zone: &ZoneId, task: ZoneUpdateRecords) -> Result<(), ZoneError> {
        let ZoneId { origin, name_server } = zone.clone();
        self.client.call(ZoneUpdateRecords { origin: Some(origin), virtual_name_server: name_server, ..task })?;
        Ok(())
    }
}

fn refuses_with(error: &Error, code: &str) -> bool {
    let refusal = error.refusal();
    refusal.is_some_and(|refusal| refusal.answer.all_messages().any(|message| message.code.as_deref() == Some(code)))
}

fn is_alias(record: &ResourceRecord) -> bool {
    record.r#type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("CNAME"))
}

/// Whether two records of a zone are one, whatever their times to live.
fn is_same(one: &ResourceRecord, other: &ResourceRecord) -> bool {
    same_text(&one.name, &other.name)
        && same_text(&one.r#type, &other.r#type)
        && one.value == other.value
        && one.pref == other.pref
}

/// Whether two names or types are one: letters of either case, and nothing is an empty text.
fn same_text(one: &Option<String>, other: &Option<String>) -> bool {
    one.as_deref().unwrap_or_default().eq_ignore_ascii_case(other.as_deref().unwrap_or_default())
}
