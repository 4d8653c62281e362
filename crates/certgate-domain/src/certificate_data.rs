//! What a CSR holds and what an order of it needs.

use crate::{
    CertAuthentication, Certificate, CertificateHistory, Lenient, Secret, SubjectAlternativeName,
    words::{CsrAlgorithm, SignatureHashAlgorithm, TrademarkRegion, ValidationScope},
};

/// A CSR, its content and its authentication data (OpenAPI `CertificateData`; XML `certificate_request`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateData {
    /// The CSR, PEM (RFC 2986), byte for byte.
    pub plain: Option<String>,
    /// The common name in the CSR.
    pub name: Option<String>,
    /// The subject alternative names in the CSR (old payloads: `san`, plain names).
    pub subject_alternative_names: Vec<SubjectAlternativeName>,
    /// Earlier certificates.
    pub histories: Vec<CertificateHistory>,
    /// Length of the key in bits.
    pub key_size: Option<i64>,
    /// Country in the CSR.
    pub country_code: Option<String>,
    /// Challenge password in the CSR (RFC 2985).
    pub challenge_password: Option<Secret>,
    /// State in the CSR.
    pub state: Option<String>,
    /// City in the CSR.
    pub city: Option<String>,
    /// Organisation in the CSR.
    pub organization: Option<String>,
    /// Organisational unit in the CSR.
    pub organization_unit: Option<String>,
    /// Mail address in the CSR.
    pub email: Option<String>,
    /// The product's code.
    pub product: Option<String>,
    /// One entry for each method on offer.
    pub authentication: Vec<CertAuthentication>,
    /// The key's algorithm.
    pub algorithm: Option<CsrAlgorithm>,
    /// Hash of the CSR's signature.
    pub signature_hash_algorithm: Option<SignatureHashAlgorithm>,
    /// The certificate to be reissued or renewed, by id.
    pub certificate: Option<Box<Certificate>>,
    /// The common name in punycode.
    pub idn: Option<String>,
    /// Whether CAA records are checked. The gateway's default is false.
    pub check_caa: Option<Lenient<bool>>,
    /// CREATE, RENEW, REISSUE or DELETE.
    pub business_case: Option<String>,
    /// Curve of an elliptic key.
    pub ec_curve: Option<CsrAlgorithm>,
    /// Logo of a verified mark certificate, SVG in Base64.
    pub vmc_logo: Option<String>,
    /// Registration number of the trademark.
    pub vmc_trademark_registration_number: Option<String>,
    /// Where the trademark is registered.
    pub vmc_trademark_country_or_region: Option<TrademarkRegion>,
    /// Which name the validation covers.
    pub scope: Option<ValidationScope>,
    /// Whether an attribute of the subject occurs more than once.
    pub has_multi_value_dn: Option<Lenient<bool>>,
    /// Whether the CSR's signature is right.
    pub valid_signature: Option<Lenient<bool>>,
    /// Names that the order includes anyway.
    pub included_sans: Vec<String>,
}
