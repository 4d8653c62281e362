/// Deletes a certificate and its order: XML 400103, JSON `DELETE /certificate/{id}`. Answered with `N400103` and a
/// [`Job`](crate::Job); the result comes as a message of the queue. Not safe to repeat. Source: OpenAPI `certificateDelete`.
///
/// ```
/// use certgate_domain::task::CertificateDelete;
/// assert_eq!(CertificateDelete::new(571).id, Some(571));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateDelete {
    /// The certificate's id. Absent only in payloads that hold a placeholder.
    pub id: Option<i64>,
}

impl CertificateDelete {
    /// For that certificate.
    pub fn new(id: i64) -> Self {
        Self { id: Some(id) }
    }

    pub(super) fn missing(&self) -> Option<&'static str> {
        self.id.is_none().then_some("id")
    }
}
