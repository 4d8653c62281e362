/// Asks for a certificate's data: XML 400104, JSON `GET /certificate/{id}`, answered at once with a
/// [`Certificate`](crate::Certificate). Source: the documented page, OpenAPI `certificateinfo`.
///
/// ```
/// use certgate_domain::task::CertificateInfo;
/// let task = CertificateInfo::new(571);
/// assert_eq!(task.id, Some(571));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateInfo {
    /// The certificate's id. Absent only in payloads that hold a placeholder.
    pub id: Option<i64>,
}

impl CertificateInfo {
    /// Asks for that certificate.
    pub fn new(id: i64) -> Self {
        Self { id: Some(id) }
    }

    pub(super) fn missing(&self) -> Option<&'static str> {
        self.id.is_none().then_some("id")
    }
}
