//! Signatures with a key, by ring. `rcgen`, which writes requests and certificates, asks for them here.

use rcgen::{
    PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm, SigningKey,
};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair,
        RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use zeroize::Zeroizing;

use crate::{KeyError, KeyType, PrivateKey};

/// What ring signs with.
enum Pair {
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

/// How ring signs with a key on a curve, and what that is called.
const CURVES: [(&EcdsaSigningAlgorithm, &SignatureAlgorithm); 2] = [
    (&ECDSA_P256_SHA256_ASN1_SIGNING, &PKCS_ECDSA_P256_SHA256),
    (&ECDSA_P384_SHA384_ASN1_SIGNING, &PKCS_ECDSA_P384_SHA384),
];

impl Pair {
    /// The pair that PKCS#8 holds, and what its signatures are called.
    fn of(pkcs8: &[u8]) -> Result<(Self, &'static SignatureAlgorithm), KeyError> {
        for (curve, algorithm) in CURVES {
            if let Ok(pair) = EcdsaKeyPair::from_pkcs8(curve, pkcs8, &SystemRandom::new()) {
                return Ok((Self::Ec(pair), algorithm));
            }
        }
        let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| KeyError::Damaged("its parts do not belong together"))?;
        Ok((Self::Rsa(pair), &PKCS_RSA_SHA256))
    }

    fn public(&self) -> &[u8] {
        match self {
            Self::Ec(pair) => pair.public_key().as_ref(),
            Self::Rsa(pair) => pair.public_key().as_ref(),
        }
    }
}

/// A new key on a curve, as PKCS#8.
pub(crate) fn generate(kind: KeyType) -> Result<Zeroizing<Vec<u8>>, ring::error::Unspecified> {
    let curve = if kind == KeyType::P384 { &ECDSA_P384_SHA384_ASN1_SIGNING } else { &ECDSA_P256_SHA256_ASN1_SIGNING };
    EcdsaKeyPair::generate_pkcs8(curve, &SystemRandom::new()).map(|pkcs8| Zeroizing::new(pkcs8.as_ref().to_vec()))
}

impl PrivateKey {
    pub(crate) fn from_pkcs8(pkcs8: Zeroizing<Vec<u8>>) -> Result<Self, KeyError> {
        let (pair, algorithm) = Pair::of(&pkcs8)?;
        let public = pair.public().to_vec();
        Ok(Self { pkcs8, public, algorithm })
    }
}

impl PublicKeyData for PrivateKey {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

impl SigningKey for PrivateKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let (pair, _) = Pair::of(&self.pkcs8).map_err(|_| rcgen::Error::RemoteKeyError)?;
        let random = SystemRandom::new();
        let signed = match pair {
            Pair::Ec(pair) => pair.sign(&random, message).map(|signature| signature.as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map(|()| signature)
            }
        };
        signed.map_err(|_| rcgen::Error::RingUnspecified)
    }
}
