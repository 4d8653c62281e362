//! Public keys.

use std::fmt;

use p256::elliptic_curve::sec1::ToSec1Point;
use sha2::{Digest, Sha256};

use crate::der::{Element, Malformed, element, tag};

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// Its algorithm.
    pub algorithm: KeyAlgorithm,
    /// Its length in bits.
    pub bits: u32,
    /// Its SubjectPublicKeyInfo, DER, in one spelling (a whole point, RSA's parameters NULL): two keys are the same where these
    /// bytes are.
    pub spki: Vec<u8>,
    /// Its subjectPublicKey, of which its algorithm makes a key: a whole point, or RSA's numbers.
    pub subject_public_key: Vec<u8>,
}

/// The algorithm of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// RSA.
    Rsa,
    /// RSA, and for RSASSA-PSS only.
    RsaPss,
    /// An elliptic curve, by its name: `P-256`, `P-384`, `P-521`, or its object identifier.
    Ec(String),
    /// An elliptic curve that is given by its parameters and not by its name.
    EcExplicit,
    /// Another one, by its name or its object identifier: `Ed25519`.
    Other(String),
}

/// Why no certificate can be ordered for a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableKey {
    /// It is too short.
    #[error("its key has {found}; expected RSA of 2048 bits or more, or EC of 256 bits or more: make a new key")]
    Short {
        /// What it has.
        found: String,
    },
    /// It is of a kind that no public authority certifies for servers.
    #[error("its key is {found}; expected RSA, or EC on P-256 or P-384: make a new key")]
    Kind {
        /// Its kind.
        found: String,
    },
    /// It is restricted to RSASSA-PSS.
    #[error(
        "its key may be used for RSASSA-PSS only, which no public authority certifies for servers; expected a plain RSA key: make \
         a new one with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072`"
    )]
    RsaPss,
    /// Its curve is not named.
    #[error(
        "its key gives the curve by explicit parameters; expected a named curve: convert the key with `openssl ec -in OLD \
         -param_enc named_curve -out NEW`, and make the request anew"
    )]
    ExplicitCurve,
    /// Its point is none of its curve.
    #[error("its key is a point that does not lie on {curve}: make a new key")]
    NotOnCurve {
        /// The curve.
        curve: String,
    },
}

const RSA: &str = "1.2.840.113549.1.1.1";
const RSA_PSS: &str = "1.2.840.113549.1.1.10";
const EC: &str = "1.2.840.10045.2.1";
const NULL: &[u8] = &[5, 0];

/// Curves: identifier, name, length in bits.
const CURVES: &[(&str, &str, u32)] = &[
    ("1.2.840.10045.3.1.7", "P-256", 256),
    ("1.3.132.0.34", "P-384", 384),
    ("1.3.132.0.35", "P-521", 521),
    ("1.2.840.10045.3.1.1", "P-192", 192),
    ("1.3.132.0.33", "P-224", 224),
    ("1.3.132.0.10", "secp256k1", 256),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 256),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 384),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 512),
    ("1.2.156.10197.1.301", "SM2", 256),
];

/// Other kinds of keys, by name.
const OTHERS: &[(&str, &str)] = &[
    (RSA_PSS, "RSASSA-PSS"),
    ("1.3.101.110", "X25519"),
    ("1.3.101.111", "X448"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
    ("1.2.840.10040.4.1", "DSA"),
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44"),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
    ("2.16.840.1.101.3.4.3.19", "ML-DSA-87"),
];

impl PublicKey {
    /// The least of an RSA key (task 400110).
    pub(crate) const RSA_BITS: u32 = 2048;
    /// The least of an elliptic key (task 400110).
    const EC_BITS: u32 = 256;

    /// The key that a SubjectPublicKeyInfo is, DER.
    ///
    /// # Errors
    /// [`Malformed`]: it is none.
    pub fn from_spki(der: &[u8]) -> Result<Self, Malformed> {
        Self::of(&Element::only(der, tag::SEQUENCE, "a public key")?)
    }

    pub(crate) fn of(info: &Element<'_>) -> Result<Self, Malformed> {
        let mut parts = info.inside();
        let identifier = parts.take(tag::SEQUENCE, "the algorithm of the key")?;
        let point_or_numbers = parts.take(tag::BIT_STRING, "the key")?.bits()?;
        let mut inside = identifier.inside();
        let oid = inside.take(tag::OID, "the algorithm of the key")?.oid();
        let mut this = Self {
            algorithm: KeyAlgorithm::Rsa,
            bits: 0,
            spki: info.whole.to_vec(),
            subject_public_key: point_or_numbers.to_vec(),
        };
        match oid.as_str() {
            RSA => {
                this.bits = modulus(point_or_numbers)?;
                this.write_anew(&identifier, NULL);
            }
            RSA_PSS => {
                this.algorithm = KeyAlgorithm::RsaPss;
                this.bits = modulus(point_or_numbers)?;
            }
            EC => match inside.next() {
                Some(curve) if curve.tag == tag::OID => {
                    let oid = curve.oid();
                    let name = algorithm_name(&oid);
                    this.bits = CURVES.iter().find(|(known, ..)| *known == oid).map_or(0, |(.., bits)| *bits);
                    if let Some(whole) = whole_point(name, point_or_numbers) {
                        this.subject_public_key = whole;
                        this.write_anew(&identifier, curve.whole);
                    }
                    this.algorithm = KeyAlgorithm::Ec(name.to_owned());
                }
                _ => this.algorithm = KeyAlgorithm::EcExplicit,
            },
            _ => this.algorithm = KeyAlgorithm::Other(algorithm_name(&oid).to_owned()),
        }
        Ok(this)
    }

    fn write_anew(&mut self, identifier: &Element<'_>, parameters: &[u8]) {
        let Some(oid) = identifier.inside().next() else { return };
        let algorithm = element(tag::SEQUENCE, &[oid.whole, parameters]);
        let key = element(tag::BIT_STRING, &[&[0], &self.subject_public_key]);
        self.spki = element(tag::SEQUENCE, &[&algorithm, &key]);
    }

    /// Its identifier as certificates name it (RFC 7093 §2, method 1): 160 bits of its SHA-256.
    pub fn identifier(&self) -> Vec<u8> {
        let hash = Sha256::digest(&self.subject_public_key);
        hash.iter().take(20).copied().collect()
    }

    /// The public exponent of an RSA key that is lower than authorities advise (65,537; CA/Browser Forum, Baseline Requirements §6.1.6).
    pub(crate) fn low_exponent(&self) -> Option<u32> {
        let is_rsa = self.algorithm == KeyAlgorithm::Rsa;
        let numbers = Element::only(&self.subject_public_key, tag::SEQUENCE, "the numbers of an RSA key").ok();
        let mut numbers = numbers.filter(|_| is_rsa)?.inside();
        numbers.optional(tag::INTEGER)?;
        numbers.optional(tag::INTEGER)?.small().filter(|exponent| *exponent < 65_537)
    }

    /// Whether a certificate for servers can be ordered for it.
    ///
    /// # Errors
    /// See [`UnusableKey`].
    pub fn usable(&self) -> Result<(), UnusableKey> {
        let found = || self.to_string();
        match &self.algorithm {
            KeyAlgorithm::RsaPss => Err(UnusableKey::RsaPss),
            KeyAlgorithm::EcExplicit => Err(UnusableKey::ExplicitCurve),
            KeyAlgorithm::Rsa if self.bits < Self::RSA_BITS => Err(UnusableKey::Short { found: found() }),
            KeyAlgorithm::Rsa => Ok(()),
            KeyAlgorithm::Ec(_) if self.bits > 0 && self.bits < Self::EC_BITS => {
                Err(UnusableKey::Short { found: found() })
            }
            KeyAlgorithm::Ec(curve) if matches!(curve.as_str(), "P-256" | "P-384") => {
                match self.subject_public_key.first() {
                    Some(2 | 3 | 6 | 7) => Err(UnusableKey::NotOnCurve { curve: curve.clone() }),
                    _ => Ok(()),
                }
            }
            KeyAlgorithm::Ec(_) | KeyAlgorithm::Other(_) => Err(UnusableKey::Kind { found: found() }),
        }
    }
}

/// A compressed or hybrid point (X9.62 §4.3.6) as a whole one (SEC 1 §2.3.4), which is what ring takes; `None` where it is whole, or
/// none of that curve's.
fn whole_point(curve: &str, point: &[u8]) -> Option<Vec<u8>> {
    Some(match (curve, *point.first()?) {
        ("P-256", 2 | 3) => p256::PublicKey::from_sec1_bytes(point).ok()?.to_sec1_point(false).as_bytes().to_vec(),
        ("P-384", 2 | 3) => p384::PublicKey::from_sec1_bytes(point).ok()?.to_sec1_point(false).as_bytes().to_vec(),
        (_, sign @ (6 | 7)) if point.last().is_some_and(|last| last & 1 == sign & 1) => {
            [&[4][..], point.get(1..)?].concat()
        }
        _ => return None,
    })
}

/// The name of a key's algorithm, or of its curve, by its object identifier, such as `Ed25519`; where it has none, the identifier.
pub fn algorithm_name(oid: &str) -> &str {
    let curve = CURVES.iter().find(|(known, ..)| *known == oid).map(|(_, name, _)| *name);
    let other = || OTHERS.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name);
    curve.or_else(other).unwrap_or(oid)
}

/// The length of RSA's first number.
fn modulus(key: &[u8]) -> Result<u32, Malformed> {
    let numbers = Element::only(key, tag::SEQUENCE, "the numbers of an RSA key")?;
    let modulus = numbers.inside().take(tag::INTEGER, "the modulus of an RSA key")?;
    let mut digits = modulus.content.iter().skip_while(|byte| **byte == 0);
    let first = digits.next().map_or(0, |first| 8 - first.leading_zeros());
    Ok(first + 8 * u32::try_from(digits.count()).unwrap_or_default())
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.algorithm {
            KeyAlgorithm::Rsa => write!(f, "RSA {} bits", self.bits),
            KeyAlgorithm::RsaPss => write!(f, "RSA {} bits, for RSASSA-PSS only", self.bits),
            KeyAlgorithm::Ec(curve) => write!(f, "EC {curve}"),
            KeyAlgorithm::EcExplicit => f.write_str("EC with explicit parameters"),
            KeyAlgorithm::Other(name) if name.starts_with(|c: char| c.is_ascii_digit()) => {
                write!(f, "algorithm {name}")
            }
            KeyAlgorithm::Other(name) => f.write_str(name),
        }
    }
}
