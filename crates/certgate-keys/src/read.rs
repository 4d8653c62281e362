//! Keys as the field writes them, brought to PKCS#8.

use certgate_domain::Secret;
use certgate_x509::{
    algorithm_name,
    pem::{self, Kind},
};
use pkcs8::{
    AlgorithmIdentifierRef, EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef,
    der::{
        Decode, Encode, SliceReader,
        asn1::{AnyRef, OctetStringRef, UintRef},
    },
    pkcs5::{self, EncryptionScheme, pbes2::Kdf},
};
use rsa::pkcs1::{RsaPrivateKeyRef, Version};
use zeroize::Zeroizing;

use crate::{
    KeyError,
    der::{octets, sequence},
    ec::{self, EcKey},
};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// The key lengths of RSA that can be used, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// The public exponents that ring signs with, the odd ones.
const EXPONENTS: std::ops::Range<u64> = 65_537..1 << 33;

/// The most rounds of PBKDF2 that a pass phrase is tried with: some seconds' work. OWASP asks for 600,000.
const MOST_ROUNDS: u32 = 10_000_000;
/// The most that a try with scrypt may take: memory in bytes, and how often it is gone through.
const MOST_MEMORY: u64 = 1 << 30;
const MOST_PARALLEL: u16 = 16;

/// The key in a file as PKCS#8 (DER): version 1, its public key in it. It is the one block that is a key: openssl puts the parameters of
/// a curve before it, and people put the certificate after it.
pub(crate) fn pkcs8(file: &[u8], pass_phrase: Option<&Secret>) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let blocks = pem::read(file).map_err(|why| KeyError::NotAKey(why.to_string()))?;
    let mut keys = blocks.iter().filter(|block| block.kind.is_private_key());
    let key = keys.next();
    if keys.next().is_some() {
        return Err(KeyError::NotAKey("found more than one private key: give one".to_owned()));
    }
    let Some(block) = key.or(blocks.first()) else { return Err(KeyError::NotAKey("found nothing".to_owned())) };
    match block.label.as_str() {
        _ if block.is_encrypted => Err(KeyError::OldEncryption),
        "OPENSSH PRIVATE KEY" => Err(KeyError::OpenSsh),
        _ if block.kind == Kind::Pkcs12 => Err(KeyError::Pkcs12),
        label if key.is_none() => Err(KeyError::NotAKey(format!("found {} (`{label}`)", block.kind))),
        // Programs confuse the labels of keys: the content decides.
        label => {
            let broken = || KeyError::NotAKey(format!("the {label} cannot be read as DER"));
            from_der(&block.der, pass_phrase)?.ok_or_else(broken)
        }
    }
}

/// `None`: there is no key in it.
fn from_der(der: &[u8], pass_phrase: Option<&Secret>) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
    if let Ok(key) = PrivateKeyInfoRef::try_from(der) {
        return from_info(&key).map(Some);
    }
    if is_encrypted(der) {
        let plain = decrypted(der, pass_phrase.ok_or(KeyError::Encrypted)?)?;
        // A wrong pass phrase may also give a text that is no key.
        let key = PrivateKeyInfoRef::try_from(plain.as_slice()).map_err(|_| KeyError::WrongPassPhrase)?;
        return from_info(&key).map(Some);
    }
    if RsaPrivateKeyRef::try_from(der).is_ok() {
        return from_rsa(der).map(Some);
    }
    EcKey::read(der).ok().map(|key| key.pkcs8(None)).transpose()
}

fn from_info(key: &PrivateKeyInfoRef<'_>) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let content = key.private_key.as_bytes();
    match key.algorithm.oid {
        RSA => from_rsa(content),
        ec::ALGORITHM => {
            let broken = |_| KeyError::Damaged("the EC key in it cannot be read as DER");
            EcKey::read(content).map_err(broken)?.pkcs8(key.algorithm.parameters)
        }
        other => {
            let other = other.to_string();
            let name = algorithm_name(&other);
            Err(KeyError::Unsupported(if name == other { format!("algorithm {other}") } else { name.to_owned() }))
        }
    }
}

fn from_rsa(key: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let parsed =
        RsaPrivateKeyRef::try_from(key).map_err(|_| KeyError::Damaged("the RSA key in it cannot be read as DER"))?;
    let length = bits(parsed.modulus);
    if parsed.version() == Version::Multi {
        return Err(KeyError::Unsupported("RSA of more than two primes".to_owned()));
    }
    // ring takes no primes of other lengths.
    if !RSA_BITS.contains(&length) || !bits(parsed.prime1).is_multiple_of(512) {
        return Err(KeyError::Unsupported(format!("RSA of {length} bits")));
    }
    let exponent = parsed.public_exponent.as_bytes();
    let number = exponent.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let is_long = exponent.len() > 8;
    if is_long || !EXPONENTS.contains(&number) || number % 2 == 0 {
        return Err(KeyError::Exponent(if is_long { "longer than 64 bits".to_owned() } else { number.to_string() }));
    }
    let encoded = || {
        let algorithm = AlgorithmIdentifierRef { oid: RSA, parameters: Some(AnyRef::NULL) };
        sequence(&[0_u8.to_der()?, algorithm.to_der()?, octets(key)?])
    };
    encoded().map(Zeroizing::new).map_err(|why| KeyError::Failed(format!("the key cannot be written as PKCS#8: {why}")))
}

/// The length of a number.
fn bits(number: UintRef<'_>) -> usize {
    let bytes = number.as_bytes();
    bytes.len() * 8 - bytes.first().map_or(0, |first| first.leading_zeros() as usize)
}

fn decrypted(der: &[u8], pass_phrase: &Secret) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_| KeyError::UnsupportedEncryption)?;
    affordable(&encrypted.encryption_algorithm)?;
    let plain = encrypted.encryption_algorithm.decrypt(pass_phrase.expose(), encrypted.encrypted_data.as_bytes());
    plain.map(Zeroizing::new).map_err(|why| match why {
        pkcs5::Error::DecryptFailed => KeyError::WrongPassPhrase,
        _ => KeyError::UnsupportedEncryption,
    })
}

/// Whether a try does not take minutes, or all memory: what it costs is said by the file.
fn affordable(scheme: &EncryptionScheme) -> Result<(), KeyError> {
    let costly = |found: String, most: String| Err(KeyError::Costly { found, most });
    match scheme.pbes2().map(|parameters| &parameters.kdf) {
        Some(Kdf::Pbkdf2(found)) if found.iteration_count > MOST_ROUNDS => {
            costly(format!("{} rounds of PBKDF2", found.iteration_count), format!("{MOST_ROUNDS}"))
        }
        Some(Kdf::Scrypt(found)) => {
            let memory = found.cost_parameter.saturating_mul(128 * u64::from(found.block_size));
            if memory > MOST_MEMORY || found.parallelization > MOST_PARALLEL {
                return costly(
                    format!("{} times {} MiB for scrypt", found.parallelization, memory >> 20),
                    format!("{MOST_PARALLEL} times {} MiB", MOST_MEMORY >> 20),
                );
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Whether it has the shape of an encrypted key (RFC 5958), however it is encrypted.
fn is_encrypted(der: &[u8]) -> bool {
    let parts = |reader: &mut SliceReader<'_>| {
        AlgorithmIdentifierRef::decode(reader)?;
        <&OctetStringRef>::decode(reader).map(drop)
    };
    AnyRef::from_der(der).and_then(|any| any.sequence(parts)).is_ok()
}
