//! Key and certificates in one file that is encrypted with a pass phrase: PKCS#12 and Java's JKS.

use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use certgate_domain::Secret;

use crate::{
    KeyError, PrivateKey, jks,
    pkcs12::{self, Random},
};

/// The shortest pass phrase that Java's keytool takes, in characters.
const SHORTEST: usize = 6;

/// The pass phrase of an encrypted file.
pub struct StorePassPhrase(Secret);

impl StorePassPhrase {
    /// A pass phrase that is long enough.
    ///
    /// # Errors
    /// [`KeyError::Failed`]: it is too short.
    pub fn new(pass_phrase: Secret) -> Result<Self, KeyError> {
        match pass_phrase.expose().chars().count() {
            SHORTEST.. => Ok(Self(pass_phrase)),
            length => Err(KeyError::Failed(format!(
                "the store's pass phrase is too short: found {length} characters, expected at least {SHORTEST}"
            ))),
        }
    }
}

impl PrivateKey {
    /// A PKCS#12 file (RFC 7292) with this key and its certificates (DER), its own first, under that name.
    ///
    /// # Errors
    /// [`KeyError::Failed`]: the machine gives no random numbers.
    pub fn pkcs12(
        &self,
        certificates: &[&[u8]],
        alias: &str,
        pass_phrase: &StorePassPhrase,
    ) -> Result<Vec<u8>, KeyError> {
        let failed = |why: &dyn fmt::Display| KeyError::Failed(format!("no PKCS#12 file could be made: {why}"));
        let mut random = Random { salts: [[0; 16]; 3], vectors: [[0; 16]; 2] };
        let Random { salts, vectors } = &mut random;
        for bytes in salts.iter_mut().chain(vectors) {
            getrandom::fill(bytes).map_err(|why| failed(&why))?;
        }
        pkcs12::write(self.to_pkcs8(), certificates, alias, pass_phrase.0.expose(), &random).map_err(|why| failed(&why))
    }

    /// A JKS file with this key and its certificates (DER), its own first, under that name in small letters (Java looks
    /// for no other). The key's pass phrase is the file's; `created` is the time that the file says the entry is from.
    ///
    /// # Errors
    /// [`KeyError::Failed`]: the machine gives no random numbers, or the name is longer than such a file can say.
    pub fn jks(
        &self,
        certificates: &[&[u8]],
        alias: &str,
        pass_phrase: &StorePassPhrase,
        created: SystemTime,
    ) -> Result<Vec<u8>, KeyError> {
        let failed = |why: &dyn fmt::Display| KeyError::Failed(format!("no JKS file could be made: {why}"));
        let mut salt = jks::Salt::default();
        getrandom::fill(&mut salt).map_err(|why| failed(&why))?;
        let created = created.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let entry = jks::Entry {
            alias,
            key: self.to_pkcs8(),
            certificates,
            created: u64::try_from(created).unwrap_or(u64::MAX),
        };
        jks::write(&entry, pass_phrase.0.expose(), &salt).map_err(|why| failed(&why))
    }
}
