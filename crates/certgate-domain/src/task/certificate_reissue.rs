use crate::Certificate;

/// Orders a certificate anew with another CSR: XML 400102, JSON `PUT /certificate/{id}`. Answered with `N400101` or
/// `N400102` and a [`Job`](crate::Job); the result comes as a message of the queue. Not safe to repeat: each one is an order.
/// The same data as for a new order must be given. Source: the documented page, OpenAPI `certificateReissue`.
///
/// ```
/// use certgate_domain::{Certificate, task::CertificateReissue};
/// let certificate = Certificate { id: Some(571), csr: Some("-----BEGIN …".to_owned()), ..Certificate::default() };
/// assert_eq!(CertificateReissue { certificate }.certificate.id, Some(571));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateReissue {
    /// The certificate to be: its `id` and `csr`, contacts, name, product, authentication, lifetime, software.
    pub certificate: Certificate,
}
