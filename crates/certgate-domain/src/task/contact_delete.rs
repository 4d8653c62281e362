/// Deletes a contact: XML 400203, JSON `DELETE /sslcontact/{id}`, answered at once with `S400203`. Not repeated by itself: an
/// answer that got lost would be followed by a refusal. Source: OpenAPI `sslContactDelete`.
///
/// ```
/// use certgate_domain::task::ContactDelete;
/// assert_eq!(ContactDelete::new(1120).id, Some(1120));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactDelete {
    /// The contact's id. Absent only in payloads that hold a placeholder.
    pub id: Option<i64>,
}

impl ContactDelete {
    /// For that contact.
    pub fn new(id: i64) -> Self {
        Self { id: Some(id) }
    }

    pub(super) fn missing(&self) -> Option<&'static str> {
        self.id.is_none().then_some("id")
    }
}
