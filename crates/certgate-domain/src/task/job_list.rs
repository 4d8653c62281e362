use crate::Query;

/// Lists jobs: XML 400115 (CertificateJobList), JSON `POST /job/_search`, answered at once with
/// [`ObjectJob`](crate::ObjectJob)s: `S400115` in XML, `S300115` in JSON. Keys: parent, execution, subStatus, type, created, id,
/// updated, status, object, action. Source: OpenAPI `jobList`.
///
/// ```
/// use certgate_domain::{Query, QueryFilter, task::JobList, words::Operator};
/// let query = Query { filters: vec![QueryFilter::new("object", Operator::Like, "*example*")], ..Query::default() };
/// assert_eq!(JobList { query }.query.filters.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobList {
    /// Which of them, in which order, from where on.
    pub query: Query,
}
