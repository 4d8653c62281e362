use crate::Certificate;

/// Sets a certificate's comment: XML 4001024, JSON `PUT /certificate/{id}/_comment`, answered at once without data. Safe to
/// repeat. Source: OpenAPI `certificateCommentUpdate`; the XML side is derived.
///
/// ```
/// use certgate_domain::{Certificate, task::CertificateCommentUpdate};
/// let certificate = Certificate { id: Some(571), comment: Some("shop".to_owned()), ..Certificate::default() };
/// assert_eq!(CertificateCommentUpdate { certificate }.certificate.comment.as_deref(), Some("shop"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateCommentUpdate {
    /// Its `id` and `comment`; without one the comment is taken away.
    pub certificate: Certificate,
}
