use crate::Query;

/// Lists finished jobs: XML 400135, JSON `POST /job/history/_search`, answered at once with
/// [`ObjectJob`](crate::ObjectJob)s: `S400135` in XML, `S300135` in JSON. Source: OpenAPI `jobHistoryList`.
///
/// ```
/// use certgate_domain::{Query, QueryFilter, task::JobHistoryList, words::Operator};
/// let query = Query { filters: vec![QueryFilter::new("object", Operator::Like, "*example*")], ..Query::default() };
/// assert_eq!(JobHistoryList { query }.query.filters.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobHistoryList {
    /// Which of them, in which order, from where on.
    pub query: Query,
}
