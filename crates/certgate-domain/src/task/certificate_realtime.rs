use crate::Certificate;

/// Orders or renews a certificate that is issued at once: XML 4001012, JSON `POST /certificate/_realtime`, answered with
/// `S4001012` and the [`Certificate`]. Only a few domain-validated products have it. Not safe to repeat: each one is an order.
/// Source: OpenAPI `certificateRealtime`; the XML side is derived.
///
/// ```
/// use certgate_domain::{Certificate, task::CertificateRealtime};
/// let certificate = Certificate { csr: Some("-----BEGIN …".to_owned()), ..Certificate::default() };
/// assert_eq!(CertificateRealtime { certificate }.certificate.csr.as_deref(), Some("-----BEGIN …"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateRealtime {
    /// The certificate to be, as for a new order.
    pub certificate: Certificate,
}
