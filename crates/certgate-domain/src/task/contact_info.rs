/// Asks for a contact's data: XML 400204, JSON `GET /sslcontact/{id}`, answered at once with an
/// [`SslContact`](crate::SslContact). Source: OpenAPI `sslContactInfo`.
///
/// ```
/// use certgate_domain::task::ContactInfo;
/// assert_eq!(ContactInfo::new(1120).id, Some(1120));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactInfo {
    /// The contact's id. Absent only in payloads that hold a placeholder.
    pub id: Option<i64>,
}

impl ContactInfo {
    /// For that contact.
    pub fn new(id: i64) -> Self {
        Self { id: Some(id) }
    }

    pub(super) fn missing(&self) -> Option<&'static str> {
        self.id.is_none().then_some("id")
    }
}
