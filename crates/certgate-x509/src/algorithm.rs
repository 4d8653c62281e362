//! The one table of signature algorithms, for requests, certificates and chains alike.

use std::fmt;

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519,
    UnparsedPublicKey, VerificationAlgorithm,
};
use rsa::{pkcs1::DecodeRsaPublicKey, pss, signature::Verifier};
use sha2::{Digest, Sha256, Sha384, Sha512, digest::FixedOutputReset};

use crate::{
    KeyAlgorithm, PublicKey,
    der::{Element, Reader, tag},
};

/// How something is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignatureAlgorithm {
    scheme: Scheme,
    hash: Option<Hash>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Scheme {
    RsaPkcs1,
    /// With the length of its salt, where the hash of its mask is its own.
    RsaPss(Option<usize>),
    Ecdsa,
    Ed25519,
    /// By its name.
    Other(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Md2,
    Md4,
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha3,
}

/// What came of checking a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    Bad,
    /// It cannot be checked: how it is made, such as `ECDSA on P-521 with SHA512`.
    Unchecked(String),
}

const PSS: &str = "1.2.840.113549.1.1.10";

/// Identifiers (RFC 4055, 5758, 8410, 8702, 9688, 9881): scheme, hash.
fn known(oid: &str) -> Option<(Scheme, Option<Hash>)> {
    let other = |name: &str| Scheme::Other(name.to_owned());
    let (scheme, hash) = match oid {
        "1.2.840.113549.1.1.2" => (Scheme::RsaPkcs1, Some(Hash::Md2)),
        "1.2.840.113549.1.1.3" => (Scheme::RsaPkcs1, Some(Hash::Md4)),
        "1.2.840.113549.1.1.4" => (Scheme::RsaPkcs1, Some(Hash::Md5)),
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => (Scheme::RsaPkcs1, Some(Hash::Sha1)),
        "1.2.840.113549.1.1.14" => (Scheme::RsaPkcs1, Some(Hash::Sha224)),
        "1.2.840.113549.1.1.11" => (Scheme::RsaPkcs1, Some(Hash::Sha256)),
        "1.2.840.113549.1.1.12" => (Scheme::RsaPkcs1, Some(Hash::Sha384)),
        "1.2.840.113549.1.1.13" => (Scheme::RsaPkcs1, Some(Hash::Sha512)),
        "2.16.840.1.101.3.4.3.13"
        | "2.16.840.1.101.3.4.3.14"
        | "2.16.840.1.101.3.4.3.15"
        | "2.16.840.1.101.3.4.3.16" => (Scheme::RsaPkcs1, Some(Hash::Sha3)),
        "1.2.840.10045.4.1" => (Scheme::Ecdsa, Some(Hash::Sha1)),
        "1.2.840.10045.4.3.1" => (Scheme::Ecdsa, Some(Hash::Sha224)),
        "1.2.840.10045.4.3.2" => (Scheme::Ecdsa, Some(Hash::Sha256)),
        "1.2.840.10045.4.3.3" => (Scheme::Ecdsa, Some(Hash::Sha384)),
        "1.2.840.10045.4.3.4" => (Scheme::Ecdsa, Some(Hash::Sha512)),
        "2.16.840.1.101.3.4.3.9"
        | "2.16.840.1.101.3.4.3.10"
        | "2.16.840.1.101.3.4.3.11"
        | "2.16.840.1.101.3.4.3.12" => (Scheme::Ecdsa, Some(Hash::Sha3)),
        "1.3.101.112" => (Scheme::Ed25519, None),
        "1.3.101.113" => (other("Ed448"), None),
        "1.2.840.10040.4.3" | "1.3.14.3.2.27" => (other("DSA"), Some(Hash::Sha1)),
        "2.16.840.1.101.3.4.3.1" => (other("DSA"), Some(Hash::Sha224)),
        "2.16.840.1.101.3.4.3.2" => (other("DSA"), Some(Hash::Sha256)),
        "2.16.840.1.101.3.4.3.17" => (other("ML-DSA-44"), None),
        "2.16.840.1.101.3.4.3.18" => (other("ML-DSA-65"), None),
        "2.16.840.1.101.3.4.3.19" => (other("ML-DSA-87"), None),
        _ => return None,
    };
    Some((scheme, hash))
}

/// Identifiers of the hashes themselves, as RSASSA-PSS names them.
fn hash(oid: &str) -> Option<Hash> {
    match oid {
        "1.2.840.113549.2.5" => Some(Hash::Md5),
        "1.3.14.3.2.26" => Some(Hash::Sha1),
        "2.16.840.1.101.3.4.2.4" => Some(Hash::Sha224),
        "2.16.840.1.101.3.4.2.1" => Some(Hash::Sha256),
        "2.16.840.1.101.3.4.2.2" => Some(Hash::Sha384),
        "2.16.840.1.101.3.4.2.3" => Some(Hash::Sha512),
        _ => None,
    }
}

impl SignatureAlgorithm {
    /// What an AlgorithmIdentifier names.
    pub(crate) fn of(identifier: &Element<'_>) -> Self {
        let mut parts = identifier.inside();
        let oid = parts.optional(tag::OID).map(|oid| oid.oid()).unwrap_or_default();
        if oid == PSS {
            return pss_parameters(parts);
        }
        let (scheme, hash) = known(&oid).unwrap_or((Scheme::Other(oid), None));
        Self { scheme, hash }
    }

    /// The gateway's word for its hash, such as `SHA256`.
    pub(crate) fn hash(&self) -> Option<String> {
        self.hash.map(|hash| hash.to_string())
    }

    /// Its hash, where nobody may rely on it any more.
    pub(crate) fn weak_hash(&self) -> Option<String> {
        let is_weak = |hash: &Hash| matches!(hash, Hash::Md2 | Hash::Md4 | Hash::Md5 | Hash::Sha1 | Hash::Sha224);
        self.hash.filter(is_weak).map(|hash| hash.to_string())
    }

    /// Checks a signature. The hash may be a weak one: what cannot be computed here is unchecked.
    pub(crate) fn verify(&self, key: &PublicKey, message: &[u8], signature: &[u8]) -> Verdict {
        let by_ring = |algorithm: &'static dyn VerificationAlgorithm| {
            told(UnparsedPublicKey::new(algorithm, &key.subject_public_key).verify(message, signature).is_ok())
        };
        // ring has no such pair.
        macro_rules! by_curve {
            ($curve:ident) => {{
                use $curve::ecdsa::{Signature, VerifyingKey, signature::hazmat::PrehashVerifier as _};
                let key = VerifyingKey::from_sec1_bytes(&key.subject_public_key);
                let both = key.ok().zip(Signature::from_der(signature).ok());
                let hash = Sha512::digest(message);
                told(both.is_some_and(|(key, signature)| key.verify_prehash(&hash, &signature).is_ok()))
            }};
        }
        let unchecked = || Verdict::Unchecked(self.with(key));
        match (&self.scheme, &key.algorithm, self.hash) {
            (Scheme::RsaPkcs1 | Scheme::RsaPss(_), KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss, _) => {
                self.verify_rsa(key, message, signature).map_or_else(unchecked, told)
            }
            (Scheme::Ecdsa, KeyAlgorithm::Ec(curve), Some(hash)) => match (curve.as_str(), hash) {
                ("P-256", Hash::Sha256) => by_ring(&ECDSA_P256_SHA256_ASN1),
                ("P-256", Hash::Sha384) => by_ring(&ECDSA_P256_SHA384_ASN1),
                ("P-384", Hash::Sha256) => by_ring(&ECDSA_P384_SHA256_ASN1),
                ("P-384", Hash::Sha384) => by_ring(&ECDSA_P384_SHA384_ASN1),
                ("P-256", Hash::Sha512) => by_curve!(p256),
                ("P-384", Hash::Sha512) => by_curve!(p384),
                _ => unchecked(),
            },
            (Scheme::Ed25519, KeyAlgorithm::Other(name), _) if name == "Ed25519" => by_ring(&ED25519),
            (Scheme::Ecdsa, KeyAlgorithm::EcExplicit, _) | (Scheme::Other(_), _, _) => unchecked(),
            // The key is of another kind than the signature.
            _ => Verdict::Bad,
        }
    }

    fn verify_rsa(&self, key: &PublicKey, message: &[u8], signature: &[u8]) -> Option<bool> {
        let key = rsa::PublicKey::from_pkcs1_der(&key.subject_public_key).ok()?;
        match (&self.scheme, self.hash?) {
            (Scheme::RsaPkcs1, Hash::Sha256) => Some(key.pkcs1v15_verify::<Sha256>(message, signature).is_ok()),
            (Scheme::RsaPkcs1, Hash::Sha384) => Some(key.pkcs1v15_verify::<Sha384>(message, signature).is_ok()),
            (Scheme::RsaPkcs1, Hash::Sha512) => Some(key.pkcs1v15_verify::<Sha512>(message, signature).is_ok()),
            (Scheme::RsaPss(Some(salt)), Hash::Sha256) => Some(is_pss::<Sha256>(key, *salt, message, signature)),
            (Scheme::RsaPss(Some(salt)), Hash::Sha384) => Some(is_pss::<Sha384>(key, *salt, message, signature)),
            (Scheme::RsaPss(Some(salt)), Hash::Sha512) => Some(is_pss::<Sha512>(key, *salt, message, signature)),
            _ => None,
        }
    }

    /// The algorithm with the key it is used with: `ECDSA on P-521 with SHA512`.
    fn with(&self, key: &PublicKey) -> String {
        let curve = match (&self.scheme, &key.algorithm) {
            (Scheme::Ecdsa, KeyAlgorithm::Ec(curve)) => format!(" on {curve}"),
            (Scheme::Ecdsa, KeyAlgorithm::EcExplicit) => " on a curve with explicit parameters".to_owned(),
            (Scheme::RsaPkcs1 | Scheme::RsaPss(_), _) => format!(" of {} bits", key.bits),
            _ => String::new(),
        };
        let hash = self.hash.map(|hash| format!(" with {hash}")).unwrap_or_default();
        format!("{}{curve}{hash}", self.scheme)
    }
}

fn is_pss<D: Digest + FixedOutputReset>(key: rsa::PublicKey, salt: usize, message: &[u8], signature: &[u8]) -> bool {
    let key = pss::VerifyingKey::<D>::new_with_salt_len(key, salt);
    pss::Signature::try_from(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
}

fn told(is_good: bool) -> Verdict {
    if is_good { Verdict::Good } else { Verdict::Bad }
}

/// The parameters of RSASSA-PSS (RFC 4055 §3.1). What is left out is SHA-1, with a salt of twenty bytes.
fn pss_parameters(mut parts: Reader<'_>) -> SignatureAlgorithm {
    let named = |element: &Element<'_>| element.inside().optional(tag::OID).and_then(|oid| hash(&oid.oid()));
    let mut inside = parts.optional(tag::SEQUENCE).map(|parameters| parameters.inside());
    let mut field =
        |number: u8| inside.as_mut().and_then(|inside| inside.optional(tag::constructed(number)))?.inside().next();
    let hash = field(0).map_or(Some(Hash::Sha1), |identifier| named(&identifier));
    let mask = field(1).map_or(Some(Hash::Sha1), |identifier| {
        let mut inside = identifier.inside();
        inside.next();
        inside.next().and_then(|hash| named(&hash))
    });
    let salt = field(2).map_or(Some(20), |salt| salt.small()).and_then(|salt| usize::try_from(salt).ok());
    SignatureAlgorithm { scheme: Scheme::RsaPss(salt.filter(|_| hash == mask)), hash }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RsaPkcs1 => "RSA",
            Self::RsaPss(Some(_)) => "RSASSA-PSS",
            Self::RsaPss(None) => "RSASSA-PSS with two hashes",
            Self::Ecdsa => "ECDSA",
            Self::Ed25519 => "Ed25519",
            Self::Other(name) => name,
        })
    }
}

/// The gateway's words.
impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Md2 => "MD2",
            Self::Md4 => "MD4",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha224 => "SHA224",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
            Self::Sha3 => "SHA3",
        })
    }
}
