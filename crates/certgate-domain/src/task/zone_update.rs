use crate::Zone;

/// Replaces a zone with all its records: XML 0202, JSON `PUT /zone/{origin}/{virtualNameServer}`, answered at once. What somebody
/// else changed since is lost: for single records use [`ZoneUpdateRecords`](super::ZoneUpdateRecords). Source: OpenAPI `zoneUpdate`,
/// public XML clients.
///
/// ```
/// use certgate_domain::{Zone, task::ZoneUpdate};
/// let zone = Zone { origin: Some("shop.example".to_owned()), ..Zone::default() };
/// assert!(ZoneUpdate { zone }.zone.resource_records.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ZoneUpdate {
    /// The zone.
    pub zone: Zone,
}
