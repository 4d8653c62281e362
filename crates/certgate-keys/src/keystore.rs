//! Key and certificates in one file that is encrypted with a pass phrase: PKCS#12 (RFC 7292) and Java's JKS.

use std::time::SystemTime;

use certgate_domain::Secret;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKeyChain};

use crate::{KeyError, PrivateKey};

/// The shortest pass phrase that Java's keytool takes.
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

    /// As the crate for JKS takes it: a byte for each of Java's characters, of which it makes UTF-16 with a zero before each.
    ///
    /// # Errors
    /// [`KeyError::Failed`]: a character is beyond that, U+00FF.
    pub fn for_jks(&self) -> Result<Vec<u8>, KeyError> {
        let bytes = self.0.expose().chars().map(u8::try_from).collect::<Result<_, _>>();
        bytes.map_err(|_| {
            KeyError::Failed(
                "the store's pass phrase has a character that --jks cannot use: expected ASCII or Latin-1".to_owned(),
            )
        })
    }
}

impl PrivateKey {
    /// A PKCS#12 file with this key and its certificates (DER), its own first.
    ///
    /// # Errors
    /// [`KeyError::Failed`]: a certificate is none.
    pub fn pkcs12(
        &self,
        certificates: &[&[u8]],
        alias: &str,
        pass_phrase: &StorePassPhrase,
    ) -> Result<Vec<u8>, KeyError> {
        let failed = |why: &dyn std::fmt::Display| KeyError::Failed(format!("no PKCS#12 file could be made: {why}"));
        let key = p12_keystore::PrivateKey::from_der(self.to_pkcs8()).map_err(|why| failed(&why))?;
        let chain: Result<Vec<Certificate>, _> = certificates.iter().map(|der| Certificate::from_der(der)).collect();
        let chain = PrivateKeyChain::new(alias, key, chain.map_err(|why| failed(&why))?);
        let mut store = KeyStore::new();
        store.add_entry(alias, KeyStoreEntry::PrivateKeyChain(chain));
        store.writer(pass_phrase.0.expose()).write().map_err(|why| failed(&why))
    }

    /// A JKS file with this key and its certificates (DER), its own first, made now. The key's pass phrase is the file's.
    ///
    /// # Errors
    /// [`KeyError::Failed`]: the pass phrase cannot be used in such a file.
    pub fn jks(
        &self,
        certificates: &[&[u8]],
        alias: &str,
        pass_phrase: &StorePassPhrase,
        now: SystemTime,
    ) -> Result<Vec<u8>, KeyError> {
        let failed = |why: &dyn std::fmt::Display| KeyError::Failed(format!("no JKS file could be made: {why}"));
        let certificate = |der: &&[u8]| jks::Certificate { cert_type: "X.509".to_owned(), content: der.to_vec() };
        let entry = jks::PrivateKeyEntry {
            creation_time: now,
            private_key: self.to_pkcs8().to_vec(),
            certificate_chain: certificates.iter().map(certificate).collect(),
        };
        let mut store = jks::KeyStore::new();
        let pass_phrase = pass_phrase.for_jks()?;
        store.set_private_key_entry(alias, entry, &pass_phrase).map_err(|why| failed(&why))?;
        let mut bytes = Vec::new();
        store.store(&mut bytes, &pass_phrase).map_err(|why| failed(&why))?;
        Ok(bytes)
    }
}
