use crate::Query;

/// Lists certificates: XML 400105, JSON `POST /certificate/_search`, answered at once with sparse
/// [`Certificate`](crate::Certificate)s and their number in the object's `summary`. XML gives 100 unless a limit is said. Keys:
/// product, technical, orderId, created, admin, type, expire, domain, name, comment, id, updated, authentication.
/// Source: OpenAPI `certificateList`, the vendor's page "Running List Inquiries".
///
/// ```
/// use certgate_domain::{Query, QueryFilter, task::CertificateList, words::Operator};
/// let query = Query { filters: vec![QueryFilter::new("name", Operator::Like, "*example*")], ..Query::default() };
/// assert_eq!(CertificateList { query }.query.filters.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateList {
    /// Which of them, in which order, from where on.
    pub query: Query,
}
