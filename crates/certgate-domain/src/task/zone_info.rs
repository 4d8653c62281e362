/// Asks for a zone: XML 0205 with the zone's name, JSON `GET /zone/{origin}/{virtualNameServer}` or `GET /zone/{origin}`, answered
/// at once with the [`Zone`](crate::Zone) and its records; `E0205` with `EF02020` where there is none. Source: OpenAPI `zoneInfo`,
/// public XML clients.
///
/// ```
/// use certgate_domain::task::ZoneInfo;
/// assert_eq!(ZoneInfo::new("shop.example", "ns1.dns.example").origin.as_deref(), Some("shop.example"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ZoneInfo {
    /// The name of the zone.
    pub origin: Option<String>,
    /// Its virtual name server.
    pub virtual_name_server: Option<String>,
}

impl ZoneInfo {
    /// Asks for the zone with that name and virtual name server.
    pub fn new(origin: impl Into<String>, virtual_name_server: impl Into<String>) -> Self {
        Self { origin: Some(origin.into()), virtual_name_server: Some(virtual_name_server.into()) }
    }
}
