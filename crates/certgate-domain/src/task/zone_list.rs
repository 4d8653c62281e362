use crate::Query;

/// Lists zones: XML 0205, JSON `POST /zone/_search`, answered at once with [`Zone`](crate::Zone)s without their records, and their
/// number in the object's `summary`. Source: OpenAPI `zoneList`, public XML clients.
///
/// ```
/// use certgate_domain::{Query, QueryFilter, task::ZoneList, words::Operator};
/// let query = Query { filters: vec![QueryFilter::new("name", Operator::Equal, "shop.example")], ..Query::default() };
/// assert_eq!(ZoneList { query }.query.filters.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ZoneList {
    /// Which of them, in which order, from where on.
    pub query: Query,
}
