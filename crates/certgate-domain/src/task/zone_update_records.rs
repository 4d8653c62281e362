use crate::{Protocol, ResourceRecord, TaskKind};

/// Adds and removes records of a zone: XML 0202001, JSON `PATCH /zone/{origin}/{virtualNameServer}`, answered at once. JSON has a
/// second route, `POST /zone/{name}/_stream`, which finds the zone of any name. `EF02022` means that a record to be added is there
/// already. Source: OpenAPI `zonePatch`, `zoneStream`, public XML and JSON clients.
///
/// ```
/// use certgate_domain::{ResourceRecord, task::ZoneUpdateRecords};
/// let task = ZoneUpdateRecords {
///     origin: Some("shop.example".to_owned()),
///     add: vec![ResourceRecord::txt("_dnsauth.www", "2026abcd")],
///     ..ZoneUpdateRecords::default()
/// };
/// assert!(task.remove.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ZoneUpdateRecords {
    /// The name of the zone.
    pub origin: Option<String>,
    /// Its virtual name server.
    pub virtual_name_server: Option<String>,
    /// Any name in the zone, in place of its origin (JSON `_stream` only). The names of the records are then full names.
    pub name: Option<String>,
    /// The records to add.
    pub add: Vec<ResourceRecord>,
    /// The records to remove.
    pub remove: Vec<ResourceRecord>,
}

impl ZoneUpdateRecords {
    /// The number in the status of JSON's second route.
    pub const STREAM_NUMBER: &str = "0202002";

    /// The number in the status of its answer over that protocol.
    pub fn status_number(&self, protocol: Protocol) -> &'static str {
        match (protocol, &self.name) {
            (Protocol::Json, Some(_)) => Self::STREAM_NUMBER,
            _ => TaskKind::ZoneUpdateRecords.status_number(protocol),
        }
    }
}
