use crate::Certificate;

/// Orders a certificate for another term: XML 400106, JSON `PUT /certificate/{id}/_renew`. Answered with `N400106` and a
/// [`Job`](crate::Job); the result comes as a message of the queue. Allowed from 90 days before it expires, else `EF4001012`.
/// Not safe to repeat: each one is an order. Source: OpenAPI `certificateRenew`, the vendor's page "Certificate Renew".
///
/// ```
/// use certgate_domain::{Certificate, task::CertificateRenew};
/// let certificate = Certificate { id: Some(571), ..Certificate::default() };
/// assert_eq!(CertificateRenew { certificate }.certificate.id, Some(571));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateRenew {
    /// Its `id`, and what is to be other than before; JSON may have no body.
    pub certificate: Certificate,
}
