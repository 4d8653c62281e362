use crate::CertificateData;

/// Checks a CSR and makes the data to show control over its names: XML 400110, JSON `POST /certificate/_prepareOrder`,
/// answered at once with [`CertificateData`]. RSA keys of 2048 bits and elliptic ones of 256 bits are the least.
/// Source: the documented page, OpenAPI `certificatePrepareOrder`.
///
/// ```
/// use certgate_domain::task::CertificatePrepareOrder;
/// let task = CertificatePrepareOrder::new("-----BEGIN CERTIFICATE REQUEST-----\n…", Some("QUICKSSLPREMIUM"));
/// assert_eq!(task.request.product.as_deref(), Some("QUICKSSLPREMIUM"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificatePrepareOrder {
    /// The CSR in `plain`, the product, and what else is known.
    pub request: CertificateData,
}

impl CertificatePrepareOrder {
    /// Checks that CSR (PEM) for that product.
    pub fn new(csr: impl Into<String>, product: Option<&str>) -> Self {
        let request = CertificateData {
            plain: Some(csr.into()),
            product: product.map(str::to_owned),
            ..CertificateData::default()
        };
        Self { request }
    }
}
