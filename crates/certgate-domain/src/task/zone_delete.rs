/// Deletes a zone: XML 0203, JSON `DELETE /zone/{origin}/{virtualNameServer}`, answered at once. Source: OpenAPI `zoneDelete`, public
/// XML clients.
///
/// ```
/// use certgate_domain::task::ZoneDelete;
/// assert_eq!(ZoneDelete::new("shop.example", "ns1.dns.example").origin.as_deref(), Some("shop.example"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ZoneDelete {
    /// The name of the zone.
    pub origin: Option<String>,
    /// Its virtual name server.
    pub virtual_name_server: Option<String>,
}

impl ZoneDelete {
    /// Deletes the zone with that name and virtual name server.
    pub fn new(origin: impl Into<String>, virtual_name_server: impl Into<String>) -> Self {
        Self { origin: Some(origin.into()), virtual_name_server: Some(virtual_name_server.into()) }
    }
}
