//! Public keys.

use std::fmt;

use x509_parser::{public_key::PublicKey as Parsed, x509::SubjectPublicKeyInfo};

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// Its algorithm.
    pub algorithm: KeyAlgorithm,
    /// Its length in bits.
    pub bits: u32,
    /// Its SubjectPublicKeyInfo, DER: two keys are the same where these bytes are.
    pub spki: Vec<u8>,
}

/// The algorithm of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// RSA.
    Rsa,
    /// An elliptic curve, by its name: `P-256`, `P-384`, `P-521`, or its object identifier.
    Ec(String),
    /// Another one, by its object identifier.
    Other(String),
}

impl PublicKey {
    pub(crate) fn of(info: &SubjectPublicKeyInfo<'_>) -> Self {
        let spki = info.raw.to_vec();
        let identifier = info.algorithm.algorithm.to_id_string();
        let (algorithm, bits) = match info.parsed() {
            Ok(Parsed::RSA(key)) => (KeyAlgorithm::Rsa, key.key_size()),
            Ok(Parsed::EC(_)) => {
                let curve = info.algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
                let curve = curve.map_or_else(|| "unnamed".to_owned(), |oid| oid.to_id_string());
                let (name, bits) = match curve.as_str() {
                    "1.2.840.10045.3.1.7" => ("P-256", 256),
                    "1.3.132.0.34" => ("P-384", 384),
                    "1.3.132.0.35" => ("P-521", 521),
                    "1.2.840.10045.3.1.1" => ("P-192", 192),
                    "1.3.132.0.33" => ("P-224", 224),
                    other => (other, 0),
                };
                (KeyAlgorithm::Ec(name.to_owned()), bits)
            }
            _ => (KeyAlgorithm::Other(identifier), 0),
        };
        Self { algorithm, bits: u32::try_from(bits).unwrap_or(0), spki }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.algorithm {
            KeyAlgorithm::Rsa => write!(f, "RSA {} bits", self.bits),
            KeyAlgorithm::Ec(curve) => write!(f, "EC {curve}"),
            KeyAlgorithm::Other(identifier) => write!(f, "algorithm {identifier}"),
        }
    }
}
