use crate::Certificate;

/// Orders a new certificate: XML 400101, JSON `POST /certificate`. Answered with `N400101` and a [`Job`](crate::Job); the
/// result comes as a message of the queue. Not safe to repeat: each one is an order. The key `dnsProvisioning` may go along.
/// Source: OpenAPI `certificateCreate`, the vendor's page "Certificate Create".
///
/// ```
/// use certgate_domain::{Certificate, task::CertificateCreate};
/// let certificate = Certificate { csr: Some("-----BEGIN …".to_owned()), ..Certificate::default() };
/// assert_eq!(CertificateCreate { certificate }.certificate.csr.as_deref(), Some("-----BEGIN …"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateCreate {
    /// The certificate to be: `csr`, `product`, contacts, name, authentication, lifetime, software.
    pub certificate: Certificate,
}
