//! Keys as the field writes them, brought to PKCS#8.

use certgate_domain::Secret;
use certgate_x509::pem;
use pkcs8::{
    AlgorithmIdentifierRef, EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef,
    der::{
        Decode, Encode, SliceReader,
        asn1::{AnyRef, OctetStringRef},
    },
    pkcs5::{self, EncryptionScheme, pbes2::Kdf},
};
use rsa::pkcs1::RsaPrivateKeyRef;

use crate::{
    KeyError,
    der::{octets, sequence},
    ec::{self, EcKey},
};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// Algorithms that are told by their names where they cannot be used.
const OTHERS: [(&str, &str); 6] = [
    ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
    ("1.2.840.10040.4.1", "DSA"),
    ("1.3.101.110", "X25519"),
    ("1.3.101.111", "X448"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
];

/// The key lengths of RSA that can be used, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// The most rounds of PBKDF2 that a pass phrase is tried with: some seconds' work. OWASP asks for 600,000.
const MOST_ROUNDS: u32 = 10_000_000;
/// The most that a try with scrypt may take: memory in bytes, and how often it is gone through.
const MOST_MEMORY: u64 = 1 << 30;
const MOST_PARALLEL: u16 = 16;

/// How the file of a Java key store begins, and that of its successor.
const JKS: [u8; 4] = [0xFE, 0xED, 0xFE, 0xED];
const JCEKS: [u8; 4] = [0xCE, 0xCE, 0xCE, 0xCE];

/// The key in a file as PKCS#8 (DER): version 1, its public key in it.
pub(crate) fn pkcs8(file: &[u8], pass_phrase: Option<&Secret>) -> Result<Vec<u8>, KeyError> {
    if file.starts_with(&JKS) || file.starts_with(&JCEKS) {
        return Err(KeyError::JavaKeyStore);
    }
    match std::str::from_utf8(file) {
        Ok(text) if text.contains("-----BEGIN ") => from_text(text, pass_phrase),
        _ if file.first() == Some(&0x30) => {
            from_der(file, pass_phrase)?.ok_or_else(|| KeyError::NotAKey("found DER that is no private key".to_owned()))
        }
        Ok(text) => from_text(text, pass_phrase),
        Err(_) => Err(KeyError::NotAKey("found neither text nor DER".to_owned())),
    }
}

fn from_text(text: &str, pass_phrase: Option<&Secret>) -> Result<Vec<u8>, KeyError> {
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(KeyError::OldEncryption);
    }
    let block = pem::block(only_the_key(text)).map_err(KeyError::NotAKey)?;
    match block.label.as_str() {
        // Programs confuse these labels: the content decides.
        "PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" => {
            let broken = || KeyError::NotAKey(format!("the {} cannot be read as DER", block.label));
            from_der(&block.der, pass_phrase)?.ok_or_else(broken)
        }
        "OPENSSH PRIVATE KEY" => Err(KeyError::OpenSsh),
        other => Err(KeyError::NotAKey(format!("found PEM of `{other}`"))),
    }
}

/// `None`: there is no key in it.
fn from_der(der: &[u8], pass_phrase: Option<&Secret>) -> Result<Option<Vec<u8>>, KeyError> {
    if is_pkcs12(der) {
        return Err(KeyError::Pkcs12);
    }
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

fn from_info(key: &PrivateKeyInfoRef<'_>) -> Result<Vec<u8>, KeyError> {
    let content = key.private_key.as_bytes();
    match key.algorithm.oid {
        RSA => from_rsa(content),
        ec::ALGORITHM => {
            let broken = |_| KeyError::Damaged("the EC key in it cannot be read as DER");
            EcKey::read(content).map_err(broken)?.pkcs8(key.algorithm.parameters)
        }
        other => {
            let other = other.to_string();
            let name = OTHERS.iter().find(|(identifier, _)| *identifier == other).map(|(_, name)| *name);
            Err(KeyError::Unsupported(name.map_or_else(|| format!("algorithm {other}"), str::to_owned)))
        }
    }
}

fn from_rsa(key: &[u8]) -> Result<Vec<u8>, KeyError> {
    let parsed =
        RsaPrivateKeyRef::try_from(key).map_err(|_| KeyError::Damaged("the RSA key in it cannot be read as DER"))?;
    let modulus = parsed.modulus.as_bytes();
    let unused = modulus.first().map_or(0, |first| first.leading_zeros() as usize);
    let bits = modulus.len() * 8 - unused;
    if !RSA_BITS.contains(&bits) {
        return Err(KeyError::Unsupported(format!("RSA of {bits} bits")));
    }
    let encoded = || {
        let algorithm = AlgorithmIdentifierRef { oid: RSA, parameters: Some(AnyRef::NULL) };
        sequence(&[0_u8.to_der()?, algorithm.to_der()?, octets(key)?])
    };
    encoded().map_err(|why| KeyError::Failed(format!("the key cannot be written as PKCS#8: {why}")))
}

fn decrypted(der: &[u8], pass_phrase: &Secret) -> Result<Vec<u8>, KeyError> {
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_| KeyError::UnsupportedEncryption)?;
    affordable(&encrypted.encryption_algorithm)?;
    let plain = encrypted.encryption_algorithm.decrypt(pass_phrase.expose(), encrypted.encrypted_data.as_bytes());
    plain.map_err(|why| match why {
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

/// Whether it begins as PKCS#12 does, its length given or not (BER): version 3 and a sequence. Keys have version 0 or 1.
fn is_pkcs12(der: &[u8]) -> bool {
    let after = match der {
        [0x30, 0x82, _, _, rest @ ..]
        | [0x30, 0x83, _, _, _, rest @ ..]
        | [0x30, 0x81, _, rest @ ..]
        | [0x30, _, rest @ ..] => rest,
        _ => return false,
    };
    after.starts_with(&[0x02, 0x01, 0x03, 0x30])
}

/// openssl puts the parameters of an EC key before it, and people put the certificate after it.
fn only_the_key(text: &str) -> &str {
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find("-----BEGIN ")).map(|at| from + at) {
        let rest = text.get(start..).unwrap_or_default();
        let label = rest.get(11..).and_then(|rest| rest.split_once("-----")).map_or("", |(label, _)| label);
        if label.ends_with("PRIVATE KEY") {
            let end = format!("-----END {label}-----");
            return rest.find(&end).and_then(|at| rest.get(..at + end.len())).unwrap_or(rest);
        }
        from = start + 11;
    }
    text
}
