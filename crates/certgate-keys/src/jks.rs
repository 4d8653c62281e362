//! Java's own key store (JKS), as the JDK's `sun.security.provider.JavaKeyStore` writes it.
//!
//! All numbers are big-endian. A file is a header, the entries, and a SHA-1 digest over the pass phrase, the words
//! `Mighty Aphrodite` and everything before the digest. Texts are in Java's modified UTF-8 behind a length of two bytes.
//! The key is a PKCS#8 EncryptedPrivateKeyInfo under an algorithm of Sun's own (`sun.security.provider.KeyProtector`):
//! it is hidden by a chain of SHA-1 digests that starts at a salt. That protects little, which is why PKCS#12 is the
//! better choice wherever Java is newer than 8.

use pkcs8::{
    ObjectIdentifier,
    der::{self, Encode, asn1::Null},
};
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY as SHA1, SHA1_OUTPUT_LEN};

use crate::der::{octets, sequence};

const MAGIC: u32 = 0xFEED_FEED;
const VERSION: u32 = 2;
/// The kind of an entry that holds a private key.
const PRIVATE_KEY: u32 = 1;
const CERTIFICATE_TYPE: &str = "X.509";
const WHITENER: &[u8] = b"Mighty Aphrodite";
/// Sun's `keyProtector`.
const KEY_PROTECTOR: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.42.2.17.1.1");

/// What hides the key: as many random bytes as a digest has.
pub(crate) type Salt = [u8; SHA1_OUTPUT_LEN];

/// The one entry of a file.
pub(crate) struct Entry<'a> {
    /// The name to find the key by. Java looks for the name in small letters.
    pub(crate) alias: &'a str,
    /// PKCS#8, DER.
    pub(crate) key: &'a [u8],
    /// DER, the key's own first.
    pub(crate) certificates: &'a [&'a [u8]],
    /// Milliseconds since 1970.
    pub(crate) created: u64,
}

/// The file with that entry. Key and file have the same pass phrase.
///
/// # Errors
/// A text or a certificate is longer than the format can say.
pub(crate) fn write(entry: &Entry<'_>, pass_phrase: &str, salt: &Salt) -> der::Result<Vec<u8>> {
    let pass_phrase: Vec<u8> = pass_phrase.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut file = [MAGIC, VERSION, 1, PRIVATE_KEY].map(u32::to_be_bytes).concat();
    push_text(&mut file, &entry.alias.to_lowercase())?;
    file.extend(entry.created.to_be_bytes());
    push_bytes(&mut file, &protected(entry.key, &pass_phrase, salt)?)?;
    file.extend(length(entry.certificates.len())?);
    for certificate in entry.certificates {
        push_text(&mut file, CERTIFICATE_TYPE)?;
        push_bytes(&mut file, certificate)?;
    }
    let digest = sha1(&[&pass_phrase, WHITENER, &file]);
    file.extend(digest);
    Ok(file)
}

/// The key behind its salt and before a digest that shows a wrong pass phrase.
fn protected(key: &[u8], pass_phrase: &[u8], salt: &Salt) -> der::Result<Vec<u8>> {
    let mut hidden = salt.to_vec();
    let mut mask = *salt;
    for part in key.chunks(SHA1_OUTPUT_LEN) {
        mask = sha1(&[pass_phrase, &mask]);
        hidden.extend(part.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
    }
    hidden.extend(sha1(&[pass_phrase, key]));
    let algorithm = sequence(&[KEY_PROTECTOR.to_der()?, Null.to_der()?])?;
    sequence(&[algorithm, octets(&hidden)?])
}

fn sha1(parts: &[&[u8]]) -> [u8; SHA1_OUTPUT_LEN] {
    let mut context = Context::new(&SHA1);
    for part in parts {
        context.update(part);
    }
    let mut digest = [0; SHA1_OUTPUT_LEN];
    digest.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    digest
}

fn length(length: usize) -> der::Result<[u8; 4]> {
    u32::try_from(length).map(u32::to_be_bytes).map_err(|_| der::ErrorKind::Overflow.into())
}

fn push_bytes(file: &mut Vec<u8>, bytes: &[u8]) -> der::Result<()> {
    file.extend(length(bytes.len())?);
    file.extend(bytes);
    Ok(())
}

/// Modified UTF-8 (`java.io.DataInput`): each half of a surrogate pair by itself, and no byte that is 0.
fn push_text(file: &mut Vec<u8>, text: &str) -> der::Result<()> {
    let mut bytes = Vec::new();
    for unit in text.encode_utf16() {
        let [low, middle, high] = [unit, unit >> 6, unit >> 12].map(|bits| (bits & 0x3F) as u8);
        match unit {
            0x01..0x80 => bytes.push(unit as u8),
            0 | 0x80..0x800 => bytes.extend([0xC0 | middle, 0x80 | low]),
            _ => bytes.extend([0xE0 | high, 0x80 | middle, 0x80 | low]),
        }
    }
    let length = u16::try_from(bytes.len()).map_err(|_| der::Error::from(der::ErrorKind::Overflow))?;
    file.extend(length.to_be_bytes());
    file.extend(bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::{Entry, push_text, write};

    #[allow(clippy::disallowed_methods, reason = "a test")]
    fn fixture(name: &str) -> Vec<u8> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/_keys").join(name);
        std::fs::read(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
    }

    fn blocks(name: &str) -> Vec<Vec<u8>> {
        certgate_x509::pem::read(fixture(name)).unwrap().into_iter().map(|block| block.der).collect()
    }

    /// Given the same salt and time, the file is keytool's, byte for byte.
    #[test]
    fn what_keytool_wrote() {
        let expected = fixture("keystore.jks");
        // Behind the header of 16 bytes and the name; the salt begins the octet string.
        let created = u64::from_be_bytes(expected[29..37].try_into().unwrap());
        let salt = expected[65..85].try_into().unwrap();
        let (key, chain) = (blocks("rsa-pkcs8.pem").remove(0), blocks("chain.pem"));
        let certificates: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
        let entry = Entry { alias: "Example.com", key: &key, certificates: &certificates, created };
        assert_eq!(write(&entry, "geheim ü", &salt).unwrap(), expected);
        assert_ne!(write(&entry, "geheim u", &salt).unwrap(), expected);
    }

    #[test]
    fn texts_are_in_modified_utf8() {
        for (text, expected) in [
            ("a\u{7F}", &[0, 2, b'a', 0x7F][..]),
            ("\0", &[0, 2, 0xC0, 0x80]),
            ("ü", &[0, 2, 0xC3, 0xBC]),
            ("\u{7FF}\u{800}", &[0, 5, 0xDF, 0xBF, 0xE0, 0xA0, 0x80]),
            ("😀", &[0, 6, 0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80]),
        ] {
            let mut bytes = Vec::new();
            push_text(&mut bytes, text).unwrap();
            assert_eq!(bytes, expected, "{text:?}");
        }
        assert!(push_text(&mut Vec::new(), &"a".repeat(0xFFFF)).is_ok());
        assert!(push_text(&mut Vec::new(), &"a".repeat(0x1_0000)).is_err());
    }
}
