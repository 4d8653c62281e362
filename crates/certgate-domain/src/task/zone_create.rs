use crate::Zone;

/// Creates a zone: XML 0201, JSON `POST /zone`, answered at once; `EF02019` where there is one of that name. Source: OpenAPI
/// `zoneCreate`, recorded XML exchanges of a public client.
///
/// ```
/// use certgate_domain::{Zone, task::ZoneCreate};
/// let zone = Zone { origin: Some("shop.example".to_owned()), ..Zone::default() };
/// assert!(ZoneCreate { zone }.zone.resource_records.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ZoneCreate {
    /// The zone.
    pub zone: Zone,
}
