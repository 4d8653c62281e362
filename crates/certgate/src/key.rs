//! The key that an order is made with.

mod new_request;

use std::path::{Path, PathBuf};

use certgate_domain::Certificate;
use certgate_files::FileError;
use certgate_keys::{KeyError, KeyType, PrivateKey, Subject};
use certgate_store::PassPhraseSource;
use certgate_x509::{BadRequest, CertificateRequest, KeyAlgorithm, PublicKey};

pub use self::new_request::{NewRequest, RequestKey};
use crate::{
    Installation,
    pass_phrase::{PassPhraseError, read_pass_phrase},
};

/// The key whose public half an order asks a certificate for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySource {
    /// A new key. It is kept in the certificate's folder before the order leaves, and used again by the next run where the order
    /// never left.
    New {
        /// The key's type; a key of another type that waits already is set aside then.
        key_type: Option<KeyType>,
        /// Its type where none is asked for and no key waits.
        default: KeyType,
    },
    /// A key in a file: PEM or DER (PKCS#8, PKCS#1, SEC1).
    File {
        /// The file, which only its owner may read.
        path: PathBuf,
        /// Where its pass phrase comes from, where it is encrypted.
        pass_phrase: Option<PassPhraseSource>,
        /// Whether an encrypted key may be written decrypted into the certificate's folder, where only its owner can read it.
        decrypt: bool,
    },
}

/// Why no certificate request can be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeySourceError {
    /// The key's file cannot be used.
    #[error("key {0}")]
    File(#[source] FileError),
    /// The key in a file cannot be used.
    #[error("key {}: {source}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
    /// The key's pass phrase cannot be read.
    #[error(transparent)]
    PassPhrase(#[from] PassPhraseError),
    /// The key's file is encrypted, and the one in the certificate's folder would not be.
    #[error("key {}: it is encrypted, and key.pem in {} would hold it decrypted", path.display(), folder.display())]
    Decrypted {
        /// The file.
        path: PathBuf,
        /// The certificate's folder.
        folder: PathBuf,
    },
    /// Neither the order nor the certificate says a name.
    #[error("the certificate's name is not known")]
    NoName,
    /// The certificate request could not be made.
    #[error("the CSR cannot be made: {0}")]
    Unmade(#[source] KeyError),
    /// The certificate request cannot be used.
    #[error("the CSR cannot be used: {0}")]
    Request(#[source] BadRequest),
    /// What is to be written would take a file's place.
    #[error("{}: it is there already; give a new file's name", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The certificate's folder could not be read or written.
    #[error(transparent)]
    Folder(#[from] FileError),
}

/// A certificate request: its text (PEM), and what it says.
pub type RequestText = (String, CertificateRequest);

/// A key from a file that only its owner can read.
///
/// # Errors
/// The file, its key or its pass phrase cannot be used.
pub fn read_key(path: &Path, pass_phrase: Option<&PassPhraseSource>) -> Result<PrivateKey, KeySourceError> {
    read_text(path, pass_phrase).map(|(key, _)| key)
}

/// The key, and whether its file is encrypted.
fn read_text(path: &Path, pass_phrase: Option<&PassPhraseSource>) -> Result<(PrivateKey, bool), KeySourceError> {
    let file = match Installation::of_key(path) {
        // A link that an installation made itself.
        Some(installation) => installation.key()?.map(|key| key.expose().as_bytes().to_vec()).unwrap_or_default(),
        None => certgate_files::read_secret(path).map_err(KeySourceError::File)?,
    };
    let unusable = |source| KeySourceError::Key { path: path.to_owned(), source };
    match PrivateKey::read(&file, None) {
        Err(KeyError::Encrypted) => {
            let pass_phrase = pass_phrase.map(|source| read_pass_phrase(source, None)).transpose()?;
            Ok((PrivateKey::read(&file, pass_phrase.as_ref()).map_err(unusable)?, true))
        }
        key => Ok((key.map_err(unusable)?, false)),
    }
}

/// The key of a file for a certificate in that folder.
fn read_for(
    folder: &Path,
    path: &Path,
    pass_phrase: Option<&PassPhraseSource>,
    decrypt: bool,
) -> Result<PrivateKey, KeySourceError> {
    let (key, is_encrypted) = read_text(path, pass_phrase)?;
    if is_encrypted && !decrypt {
        return Err(KeySourceError::Decrypted { path: path.to_owned(), folder: folder.to_owned() });
    }
    Ok(key)
}

impl KeySource {
    /// The public key (DER) of one in a file, for a certificate in that folder; none of one that is made for each order.
    ///
    /// # Errors
    /// The file, its key or its pass phrase cannot be used.
    pub(crate) fn public_key(&self, folder: &Path) -> Result<Option<Vec<u8>>, KeySourceError> {
        let Self::File { path, pass_phrase, decrypt } = self else { return Ok(None) };
        Ok(Some(read_for(folder, path, pass_phrase.as_ref(), *decrypt)?.spki()))
    }

    /// Finds out early whether the key's file is there.
    ///
    /// # Errors
    /// [`KeySourceError::File`].
    pub fn check(&self) -> Result<(), KeySourceError> {
        match self {
            Self::File { path, .. } if !path.exists() => {
                certgate_files::read_secret(path).map(drop).map_err(KeySourceError::File)
            }
            _ => Ok(()),
        }
    }

    /// The certificate request for an order, where the certificate is to come into `installation`. A new key, or that of a file,
    /// is kept there before this returns, unless the order is only rehearsed.
    ///
    /// `names` are those that it is to be valid for, its own first; what else the request says of its holder is taken from `known`, the certificate
    /// as it is.
    ///
    /// # Errors
    /// See [`KeySourceError`]: nothing may be ordered.
    pub fn request(
        &self,
        installation: &Installation,
        known: &Certificate,
        names: &[String],
        is_rehearsal: bool,
    ) -> Result<RequestText, KeySourceError> {
        let wanted = match self {
            Self::New { key_type, default } => WantedKey::New { asked: *key_type, default: *default },
            Self::File { path, pass_phrase, decrypt } => {
                WantedKey::Given(read_for(installation.folder(), path, pass_phrase.as_ref(), *decrypt)?)
            }
        };
        let key = installation.key_to_use(wanted, is_rehearsal)?;
        let subject = subject(known, names.first().ok_or(KeySourceError::NoName)?.clone());
        let text = key.request(&subject, names).map_err(KeySourceError::Unmade)?;
        let request = CertificateRequest::from_pem(&text).map_err(KeySourceError::Request)?;
        if !is_rehearsal {
            installation.keep_request(&text)?;
        }
        Ok((text.trim().to_owned(), request))
    }
}

/// The subject of a request for that name: the certificate's otherwise.
fn subject(known: &Certificate, common_name: String) -> Subject {
    match known.csr.as_deref().and_then(|csr| CertificateRequest::read(csr).ok()) {
        Some(CertificateRequest { organization, organization_unit, city, state, country, .. }) => {
            Subject { common_name, organization, organization_unit, city, state, country }
        }
        None => Subject { common_name, ..Subject::default() },
    }
}

/// The key that an order is to be made with.
enum WantedKey {
    /// That one.
    Given(PrivateKey),
    /// One of that type, else any that waits, else one of the default's.
    New { asked: Option<KeyType>, default: KeyType },
}

impl WantedKey {
    /// Whether a key is one.
    fn is_met_by(&self, key: &PrivateKey) -> bool {
        let is_of = |asked: KeyType| PublicKey::from_spki(&key.spki()).is_ok_and(|key| key_type_like(&key) == asked);
        match self {
            Self::Given(given) => given.spki() == key.spki(),
            Self::New { asked, .. } => asked.is_none_or(is_of),
        }
    }
}

impl Installation {
    /// The key for an order, kept until its certificate comes: the one that waits where that is one, else the given one or a new one. What waits
    /// otherwise is set aside, for an order may be out with it.
    fn key_to_use(&self, wanted: WantedKey, is_rehearsal: bool) -> Result<PrivateKey, KeySourceError> {
        if let Some(text) = self.pending_key()? {
            let path = self.pending().join("key.pem");
            let unusable = |source| KeySourceError::Key { path, source };
            let waiting = PrivateKey::from_pem(text.expose(), None).map_err(unusable)?;
            if wanted.is_met_by(&waiting) {
                return Ok(waiting);
            }
            if !is_rehearsal {
                self.set_pending_aside()?;
            }
        }
        let (key, asked) = match wanted {
            WantedKey::Given(key) => (key, None),
            WantedKey::New { asked, default } => {
                let key = PrivateKey::generate(asked.unwrap_or(default)).map_err(KeySourceError::Unmade)?;
                (key, Some((asked, default)))
            }
        };
        if is_rehearsal {
            return Ok(key);
        }
        match self.keep_key(&key.to_pem()) {
            // Another process at the same folder was faster: its key counts where it is one.
            Err(error) if error.is_already_there() => {
                let wanted = match asked {
                    Some((asked, default)) => WantedKey::New { asked, default },
                    None => WantedKey::Given(key),
                };
                self.key_to_use(wanted, is_rehearsal)
            }
            kept => kept.map(|()| key).map_err(KeySourceError::Folder),
        }
    }
}

/// The type of a new key as strong as that one.
pub(crate) fn key_type_like(key: &PublicKey) -> KeyType {
    match (&key.algorithm, key.bits) {
        (KeyAlgorithm::Rsa, ..=2048) => KeyType::Rsa2048,
        (KeyAlgorithm::Rsa, 2049..=3072) => KeyType::Rsa3072,
        (KeyAlgorithm::Rsa, _) => KeyType::Rsa4096,
        (_, 257..) => KeyType::P384,
        _ => KeyType::P256,
    }
}
