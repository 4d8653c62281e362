//! What a server shows from outside.

use crate::{Certificate, Lenient, Moment};

/// The result of an install check (OpenAPI `CertificateInstallCheckResult`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateInstallCheckResult {
    /// The server's name.
    pub hostname: Option<String>,
    /// What was seen at each of its addresses.
    pub data: Vec<CertificateInstallCheckData>,
}

/// What was seen at one address (OpenAPI `CertificateInstallCheckData`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateInstallCheckData {
    /// The address.
    pub ip: Option<String>,
    /// Whether it speaks TLS.
    pub secured: Option<Lenient<bool>>,
    /// Whether it redirects.
    pub redirect: Option<Lenient<bool>>,
    /// Whether the redirect's certificate fits.
    pub redirect_match: Option<Lenient<bool>>,
    /// Whether there is a CAA record (RFC 8659).
    pub caa: Option<Lenient<bool>>,
    /// Whether there are several.
    pub multiple_caa: Option<Lenient<bool>>,
    /// Whether the certificate is self-signed.
    pub self_signed: Option<Lenient<bool>>,
    /// Whether the chain is complete and in order.
    pub chain_ok: Option<Lenient<bool>>,
    /// Whether the certificate is one of the account's.
    pub inventory: Option<Lenient<bool>>,
    /// The account's certificate.
    pub certificate: Option<Box<Certificate>>,
    /// The versions of TLS it speaks.
    pub tls: Vec<TlsData>,
    /// The certificate it shows.
    pub certificate_data: Option<X509CertificateData>,
    /// The certificate that the redirect's target shows.
    pub redirect_certificate_data: Option<X509CertificateData>,
    /// The chain it shows.
    pub chain: Vec<X509CertificateData>,
    /// Further notices.
    pub notices: Vec<CertificateInstallCheckNotice>,
}

/// A notice (OpenAPI `CertificateInstallCheckNotice`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateInstallCheckNotice {
    /// Its type.
    pub r#type: Option<String>,
    /// Its label.
    pub label: Option<String>,
    /// Its value.
    pub value: Option<String>,
}

/// A version of TLS (OpenAPI `TlsData`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsData {
    /// The version.
    pub version: Option<String>,
    /// Whether it is spoken.
    pub supported: Option<Lenient<bool>>,
}

/// A certificate's facts as the gateway reads them (OpenAPI `X509CertificateData`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct X509CertificateData {
    /// The common name.
    pub cn: Option<String>,
    /// The serial number.
    pub serial_number: Option<String>,
    /// Who issued it.
    pub issuer: Option<X509CertificateName>,
    /// Whom it names.
    pub subject: Option<X509CertificateName>,
    /// From when to when it is valid.
    pub validity: Option<X509CertificateValidity>,
    /// Its other names (the API spells the field `subjectAlternativNames`).
    pub subject_alternative_names: Vec<String>,
    /// The certificate, PEM.
    pub plain: Option<String>,
    /// The algorithm of its signature.
    pub signature_algorithm: Option<String>,
    /// SHA-1 of the certificate, hexadecimal.
    pub sha1_thumbprint: Option<String>,
    /// SHA-256 of the certificate, hexadecimal.
    pub sha256_thumbprint: Option<String>,
    /// MD5 of the certificate, hexadecimal.
    pub md5_thumbprint: Option<String>,
    /// Its public key.
    pub public_key_data: Option<X509CertificatePublicKeyData>,
}

/// A distinguished name (OpenAPI `X509CertificateIssuer`, `X509CertificateSubject`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct X509CertificateName {
    /// Common name.
    pub common_name: Option<String>,
    /// Organization.
    pub organization: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// Organizational unit.
    pub organization_unit: Option<String>,
    /// Locality.
    pub locality: Option<String>,
    /// State or province.
    pub state: Option<String>,
}

/// A certificate's validity (OpenAPI `X509CertificateValidity`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct X509CertificateValidity {
    /// Until when.
    pub not_after: Option<Lenient<Moment>>,
    /// From when on.
    pub not_before: Option<Lenient<Moment>>,
}

/// A public key (OpenAPI `X509CertificatePublicKeyData`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct X509CertificatePublicKeyData {
    /// Its algorithm.
    pub algorithm: Option<String>,
    /// Its length in bits.
    pub length: Option<i64>,
    /// SHA-1 of the key, hexadecimal.
    pub sha1_thumbprint: Option<String>,
    /// SHA-256 of the key, hexadecimal.
    pub sha256_thumbprint: Option<String>,
    /// The key itself.
    pub bytes: Option<String>,
}
