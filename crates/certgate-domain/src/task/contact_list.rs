use crate::Query;

/// Lists contacts: XML 400205, JSON `POST /sslcontact/_search`, answered at once with sparse
/// [`SslContact`](crate::SslContact)s and their number in the object's `summary`. Keys: country, fname, address, city, created,
/// title, lname, phone, organization, state, id, fax, pcode, updated, email. Source: OpenAPI `sslContactList`.
///
/// ```
/// use certgate_domain::{Query, QueryFilter, task::ContactList, words::Operator};
/// let query = Query { filters: vec![QueryFilter::new("organization", Operator::Like, "*example*")], ..Query::default() };
/// assert_eq!(ContactList { query }.query.filters.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactList {
    /// Which of them, in which order, from where on.
    pub query: Query,
}
