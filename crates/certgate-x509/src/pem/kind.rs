//! What a block is.

use std::fmt;

use crate::der::{Element, Reader, tag};

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A certificate request (RFC 2986).
    CertificateRequest,
    /// A certificate (RFC 5280), perhaps with what openssl trusts it for behind it.
    Certificate,
    /// Certificates in PKCS#7 (RFC 5652), a `.p7b`.
    Pkcs7,
    /// A private key as PKCS#8.
    PrivateKey,
    /// A private key as PKCS#8, encrypted.
    EncryptedPrivateKey,
    /// A private key as PKCS#1.
    RsaPrivateKey,
    /// A private key as SEC 1.
    EcPrivateKey,
    /// A private key in another form: OpenSSH's, DSA.
    OtherPrivateKey,
    /// The parameters of an elliptic curve, which openssl writes before a key.
    EcParameters,
    /// A public key.
    PublicKey,
    /// A list of revoked certificates.
    RevocationList,
    /// Keys and certificates in PKCS#12 (RFC 7292), a `.p12` or `.pfx`.
    Pkcs12,
    /// Something else.
    Other,
}

/// Labels and what they mean. The first of a kind is the one that is written.
const LABELS: &[(&str, Kind)] = &[
    ("CERTIFICATE REQUEST", Kind::CertificateRequest),
    ("NEW CERTIFICATE REQUEST", Kind::CertificateRequest),
    ("CERTIFICATE", Kind::Certificate),
    ("X509 CERTIFICATE", Kind::Certificate),
    ("X.509 CERTIFICATE", Kind::Certificate),
    ("TRUSTED CERTIFICATE", Kind::Certificate),
    ("PKCS7", Kind::Pkcs7),
    ("PKCS #7 SIGNED DATA", Kind::Pkcs7),
    ("CMS", Kind::Pkcs7),
    ("PRIVATE KEY", Kind::PrivateKey),
    ("ENCRYPTED PRIVATE KEY", Kind::EncryptedPrivateKey),
    ("RSA PRIVATE KEY", Kind::RsaPrivateKey),
    ("EC PRIVATE KEY", Kind::EcPrivateKey),
    ("EC PARAMETERS", Kind::EcParameters),
    ("PUBLIC KEY", Kind::PublicKey),
    ("RSA PUBLIC KEY", Kind::PublicKey),
    ("X509 CRL", Kind::RevocationList),
    ("PKCS12", Kind::Pkcs12),
];

impl Kind {
    /// What a label says.
    pub(super) fn of_label(label: &str) -> Self {
        let known = LABELS.iter().find(|(known, _)| *known == label);
        let otherwise = if label.ends_with("PRIVATE KEY") { Self::OtherPrivateKey } else { Self::Other };
        known.map_or(otherwise, |(_, kind)| *kind)
    }

    /// The label that is written for it.
    pub(super) fn label(self) -> &'static str {
        LABELS.iter().find(|(_, kind)| *kind == self).map_or("DATA", |(label, _)| label)
    }

    /// Whether it is a private key, in whatever form.
    pub fn is_private_key(self) -> bool {
        matches!(
            self,
            Self::PrivateKey
                | Self::EncryptedPrivateKey
                | Self::RsaPrivateKey
                | Self::EcPrivateKey
                | Self::OtherPrivateKey
        )
    }

    /// What DER is by its outline, and how much of it that is. Line ends and zeros may follow.
    pub(super) fn of_der(der: &[u8]) -> Option<(Self, &[u8])> {
        let mut reader = Reader::new(der);
        let outer = reader.optional(tag::SEQUENCE)?;
        if !reader.rest().iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace()) {
            return None;
        }
        Some((Self::of_outline(&outer)?, outer.whole))
    }

    fn of_outline(outer: &Element<'_>) -> Option<Self> {
        let mut parts = outer.inside();
        let (first, second) = (parts.next()?, parts.next());
        let second_is = |tag| second.is_some_and(|second| second.tag == tag);
        match first.tag {
            tag::OID if first.oid() == SIGNED_DATA => Some(Self::Pkcs7),
            tag::INTEGER => match first.small()? {
                0 | 1 if second_is(tag::SEQUENCE) => Some(Self::PrivateKey),
                0 if second_is(tag::INTEGER) => Some(Self::RsaPrivateKey),
                1 if second_is(tag::OCTET_STRING) => Some(Self::EcPrivateKey),
                3 if second_is(tag::SEQUENCE) => Some(Self::Pkcs12),
                _ => None,
            },
            tag::SEQUENCE => match first.inside().next()?.tag {
                tag::OID if second_is(tag::OCTET_STRING) => Some(Self::EncryptedPrivateKey),
                tag::OID if second_is(tag::BIT_STRING) => Some(Self::PublicKey),
                tag::INTEGER | VERSION => Self::of_signed(&first),
                _ => None,
            },
            _ => None,
        }
    }

    /// What is signed, by the parts of its first half.
    fn of_signed(signed: &Element<'_>) -> Option<Self> {
        let mut parts = signed.inside();
        if parts.next()?.tag == VERSION {
            return Some(Self::Certificate);
        }
        let parts = parts.all("parts").ok()?;
        let sequences = parts.iter().take_while(|part| part.tag == tag::SEQUENCE).count();
        match (sequences, parts.get(sequences).map(|next| next.tag)) {
            (5.., _) => Some(Self::Certificate),
            (2, Some(tag::UTC_TIME | tag::GENERALIZED_TIME)) => Some(Self::RevocationList),
            (2, None | Some(VERSION)) => Some(Self::CertificateRequest),
            _ => None,
        }
    }
}

/// A certificate's version, and a request's attributes: `[0]`.
const VERSION: u8 = tag::constructed(0);

/// PKCS#7's signed data, which holds the certificates of a `.p7b`.
pub(crate) const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CertificateRequest => "a certificate request",
            Self::Certificate => "a certificate",
            Self::Pkcs7 => "PKCS#7 (.p7b)",
            Self::PrivateKey | Self::RsaPrivateKey | Self::EcPrivateKey | Self::OtherPrivateKey => "a private key",
            Self::EncryptedPrivateKey => "an encrypted private key",
            Self::EcParameters => "the parameters of a curve",
            Self::PublicKey => "a public key",
            Self::RevocationList => "a list of revoked certificates",
            Self::Pkcs12 => "PKCS#12 (.p12, .pfx)",
            Self::Other => "something else",
        })
    }
}
