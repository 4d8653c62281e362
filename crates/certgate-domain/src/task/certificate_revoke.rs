use crate::Certificate;

/// Revokes an earlier certificate of an order by its serial number: XML 4001031, JSON `POST /certificate/{id}/_revoke`,
/// answered at once with `S4001031` and no data. What is revoked stays revoked. Source: OpenAPI `certificateRevoke`, the vendor's
/// page "Certificate Revoke": for Thawte, GeoTrust and DigiCert only, after a reissue.
///
/// ```
/// use certgate_domain::{Certificate, task::CertificateRevoke};
/// let certificate = Certificate { id: Some(571), serial_number: Some("0a1b".to_owned()), ..Certificate::default() };
/// assert_eq!(CertificateRevoke { certificate }.certificate.serial_number.as_deref(), Some("0a1b"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateRevoke {
    /// Its `id` and `serial_number`.
    pub certificate: Certificate,
}
