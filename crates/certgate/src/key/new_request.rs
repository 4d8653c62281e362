//! A certificate request that is made before there is an order for it.

use std::path::{Path, PathBuf};

use certgate_files::WholeFile;
use certgate_keys::{KeyType, PrivateKey, Subject};
use certgate_store::PassPhraseSource;
use certgate_x509::CertificateRequest;

use super::{KeySourceError, RequestText, read_key};

/// A certificate request that is to be made.
#[derive(Debug, Clone)]
pub struct NewRequest {
    /// Whom the certificate is for.
    pub subject: Subject,
    /// The names that it is to be valid for.
    pub names: Vec<String>,
    /// The key that the request is made with.
    pub key: RequestKey,
    /// Where the request is written, PEM; a file that is there is not written over.
    pub file: Option<PathBuf>,
}

/// The key that a certificate request is made with.
#[derive(Debug, Clone)]
pub enum RequestKey {
    /// A new key.
    New {
        /// Its type.
        key_type: KeyType,
        /// Where it is written, for its owner alone; a file that is there is not written over.
        file: PathBuf,
    },
    /// A key in a file that only its owner can read: PEM or DER (PKCS#8, PKCS#1, SEC1).
    File {
        /// The file.
        path: PathBuf,
        /// Where its pass phrase comes from, where it is encrypted.
        pass_phrase: Option<PassPhraseSource>,
    },
}

impl RequestKey {
    /// Where a new key is written.
    pub fn new_file(&self) -> Option<&Path> {
        match self {
            Self::New { file, .. } => Some(file),
            Self::File { .. } => None,
        }
    }
}

impl NewRequest {
    /// Makes the request, and writes the new key and the request into their files.
    ///
    /// # Errors
    /// See [`KeySourceError`]: no file was written, unless it was the disk that failed.
    pub fn make(&self) -> Result<RequestText, KeySourceError> {
        let key_file = self.key.new_file();
        // Found before there is a key that no request was made with.
        for path in key_file.into_iter().chain(self.file.as_deref()) {
            if path.symlink_metadata().is_ok() {
                return Err(KeySourceError::Exists { path: path.to_owned() });
            }
        }
        let key = match &self.key {
            RequestKey::New { key_type, .. } => PrivateKey::generate(*key_type).map_err(KeySourceError::Unmade)?,
            RequestKey::File { path, pass_phrase } => read_key(path, pass_phrase.as_ref())?,
        };
        let text = key.request(&self.subject, &self.names).map_err(KeySourceError::Unmade)?;
        let request = CertificateRequest::from_pem(&text).map_err(KeySourceError::Request)?;
        let pem = key.to_pem();
        let files = [(key_file, pem.expose(), 0o600), (self.file.as_deref(), text.as_str(), 0o644)];
        let files = files.into_iter().filter_map(|(path, text, mode)| Some((path?, text, mode)));
        // Each is written and synced before one of them is in its place.
        let written: Result<Vec<_>, _> =
            files.map(|(path, text, mode)| Ok((path, WholeFile::beside(path, text.as_bytes(), mode)?))).collect();
        for (path, file) in written.map_err(KeySourceError::Folder)? {
            file.create().map_err(|why| match why.is_already_there() {
                true => KeySourceError::Exists { path: path.to_owned() },
                false => KeySourceError::Folder(why),
            })?;
        }
        Ok((text, request))
    }
}
