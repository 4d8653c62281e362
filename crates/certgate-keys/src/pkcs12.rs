//! PKCS#12 (RFC 7292): a key and its certificates, encrypted, with a digest over all of it.
//!
//! The algorithms are those that OpenSSL 3 and Java's keytool write by themselves: PBES2 with PBKDF2-HMAC-SHA-256 and
//! AES-256-CBC for both, and HMAC-SHA-256 over the whole.

use pkcs8::{
    ObjectIdentifier,
    der::{self, Encode, Tag, asn1::Null},
    pkcs5::{EncryptionScheme, pbes2},
};
use ring::{
    digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA256_OUTPUT_LEN, digest},
    hmac,
};

use crate::der::{explicit, implicit_octets, octets, sequence, set, value};

const VERSION: u8 = 3;
/// The rounds of both derivations, as keytool has them.
const ROUNDS: u32 = 10_000;
/// Of what the derived bytes are for, a key for the digest over all (RFC 7292, appendix B.3).
const FOR_THE_MAC: u8 = 3;
/// The block of SHA-256, which the derivation of that key works in.
const BLOCK: usize = 64;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const SHROUDED_KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const CERTIFICATE_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
const X509_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
const FRIENDLY_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");
const LOCAL_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");
const ID_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

/// What a file must not have in common with another one.
pub(crate) struct Random {
    /// The salts of the key, of the certificates and of the digest.
    pub(crate) salts: [[u8; 16]; 3],
    /// The initialisation vectors of the key and of the certificates.
    pub(crate) vectors: [[u8; 16]; 2],
}

/// The file with a key (PKCS#8, DER) and its certificates (DER, its own first) under that name.
pub(crate) fn write(
    key: &[u8],
    certificates: &[&[u8]],
    alias: &str,
    pass_phrase: &str,
    random: &Random,
) -> der::Result<Vec<u8>> {
    let Random { salts: [key_salt, certificates_salt, mac_salt], vectors: [key_vector, certificates_vector] } = random;
    // A reader puts the key and its own certificate together by this.
    let local_key_id = digest(&SHA1_FOR_LEGACY_USE_ONLY, certificates.first().copied().unwrap_or_default());
    let attributes = || attributes(alias, local_key_id.as_ref());

    let (algorithm, encrypted) = encrypted(key, pass_phrase, key_salt, *key_vector)?;
    let shrouded = sequence(&[algorithm, octets(&encrypted)?])?;
    let keys = sequence(&[sequence(&[SHROUDED_KEY_BAG.to_der()?, explicit(0, &shrouded)?, attributes()?])?])?;

    let mut bags = Vec::new();
    for certificate in certificates {
        let bag = sequence(&[X509_CERTIFICATE.to_der()?, explicit(0, &octets(certificate)?)?])?;
        let attributes = if bags.is_empty() { attributes()? } else { Vec::new() };
        bags.push(sequence(&[CERTIFICATE_BAG.to_der()?, explicit(0, &bag)?, attributes])?);
    }
    let (algorithm, encrypted) =
        self::encrypted(&sequence(&bags)?, pass_phrase, certificates_salt, *certificates_vector)?;
    let content = sequence(&[DATA.to_der()?, algorithm, implicit_octets(&encrypted)?])?;
    let encrypted_data = sequence(&[0_u8.to_der()?, content])?;
    let certificates = sequence(&[ENCRYPTED_DATA.to_der()?, explicit(0, &encrypted_data)?])?;

    let safe = sequence(&[data(&keys)?, certificates])?;
    let digest = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &mac_key(pass_phrase, mac_salt)), &safe);
    let algorithm = sequence(&[ID_SHA256.to_der()?, Null.to_der()?])?;
    let digest_info = sequence(&[algorithm, octets(digest.as_ref())?])?;
    let mac = sequence(&[digest_info, octets(mac_salt)?, ROUNDS.to_der()?])?;
    sequence(&[VERSION.to_der()?, data(&safe)?, mac])
}

/// A ContentInfo of plain data.
fn data(content: &[u8]) -> der::Result<Vec<u8>> {
    sequence(&[DATA.to_der()?, explicit(0, &octets(content)?)?])
}

fn attributes(alias: &str, local_key_id: &[u8]) -> der::Result<Vec<u8>> {
    let attribute = |kind: ObjectIdentifier, of: Vec<u8>| sequence(&[kind.to_der()?, set(vec![of])?]);
    set(vec![
        attribute(FRIENDLY_NAME, value(Tag::BmpString, &bmp(alias))?)?,
        attribute(LOCAL_KEY_ID, octets(local_key_id)?)?,
    ])
}

/// The AlgorithmIdentifier and the content encrypted by it.
fn encrypted(content: &[u8], pass_phrase: &str, salt: &[u8], vector: [u8; 16]) -> der::Result<(Vec<u8>, Vec<u8>)> {
    let failed = |_| der::Error::from(der::ErrorKind::Failed);
    let parameters = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ROUNDS, salt, vector).map_err(failed)?;
    let encrypted = parameters.encrypt(pass_phrase.as_bytes(), content).map_err(failed)?;
    Ok((EncryptionScheme::from(parameters).to_der()?, encrypted))
}

/// RFC 7292, appendix B.2, for a key that is no longer than one digest.
fn mac_key(pass_phrase: &str, salt: &[u8]) -> [u8; SHA256_OUTPUT_LEN] {
    let mut pass_phrase = bmp(pass_phrase);
    pass_phrase.extend([0, 0]);
    let mut input = vec![FOR_THE_MAC; BLOCK];
    for part in [salt, &pass_phrase] {
        input.extend(part.iter().cycle().take(part.len().next_multiple_of(BLOCK)));
    }
    for _ in 0..ROUNDS {
        input = digest(&SHA256, &input).as_ref().to_vec();
    }
    let mut key = [0; SHA256_OUTPUT_LEN];
    key.iter_mut().zip(input).for_each(|(to, from)| *to = from);
    key
}

/// As a BMPString: UTF-16, the bigger byte first.
fn bmp(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}
