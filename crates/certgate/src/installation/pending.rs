//! The key that waits for its certificate.

use std::path::PathBuf;

use certgate_domain::Secret;
use certgate_files::{FileError, Folder};

use super::{FOLDER_WITH_KEYS, Installation, KEY, PENDING, secret};
use crate::transaction_id::new_transaction_id;

/// The request that was made with it.
const REQUEST: &str = "request.pem";
/// What the name of a key begins with that was set aside.
const ASIDE: &str = "key-";

impl Installation {
    /// The folder of the key that waits for its certificate.
    pub fn pending(&self) -> PathBuf {
        self.folder().join(PENDING)
    }

    /// The key that waits for its certificate, where there is one.
    ///
    /// # Errors
    /// It cannot be read, or others could have put it there, or can read it.
    pub fn pending_key(&self) -> Result<Option<Secret>, FileError> {
        let Some(folder) = self.open_if_there()? else { return Ok(None) };
        let Some(pending) = folder.folder(PENDING)? else { return Ok(None) };
        pending.check()?;
        Ok(pending.read_secret(KEY)?.map(secret))
    }

    /// Has the key that waits wait on under another name: an order may be out with it.
    ///
    /// # Errors
    /// It could not be renamed.
    pub(crate) fn set_pending_aside(&self) -> Result<(), FileError> {
        let Some(pending) = self.open()?.folder(PENDING)? else { return Ok(()) };
        pending.check()?;
        match set_aside(&pending) {
            // Another process did it.
            Err(why) if why.is_not_found() => Ok(()),
            renamed => renamed.map(drop),
        }
    }

    /// The keys that were set aside.
    pub(super) fn keys_set_aside(&self) -> Result<Vec<Secret>, FileError> {
        let Some(folder) = self.open_if_there()? else { return Ok(Vec::new()) };
        let Some(pending) = folder.folder(PENDING)? else { return Ok(Vec::new()) };
        let names = pending.names()?.into_iter().filter(|name| name.starts_with(ASIDE));
        let keys = names.map(|name| Ok(pending.read_secret(&name)?.map(secret)));
        keys.filter_map(Result::transpose).collect()
    }

    /// Keeps a key until its certificate comes: on disk and synced, for its owner only.
    ///
    /// # Errors
    /// It could not be written, or one waits already, which stays: nothing may be ordered with this one.
    pub(crate) fn keep_key(&self, key: &Secret) -> Result<(), FileError> {
        self.make_folder(true)?;
        let folder = self.open()?;
        let pending = folder.folder_or_make(PENDING, FOLDER_WITH_KEYS, None)?;
        pending.check()?;
        pending.write_new_whole(KEY, key.expose().as_bytes(), 0o600)?;
        pending.sync()?;
        folder.sync()
    }

    /// Keeps the request made with the key that waits.
    ///
    /// # Errors
    /// It could not be written.
    pub(crate) fn keep_request(&self, request: &str) -> Result<(), FileError> {
        let pending = self.open()?.folder_or_make(PENDING, FOLDER_WITH_KEYS, None)?;
        pending.replace(REQUEST, request.as_bytes(), 0o644, None)?;
        pending.sync()
    }

    /// The key is in place: it waits no longer. Any other one waits on.
    pub(super) fn forget_pending(&self, folder: &Folder, key: &Secret) -> Result<(), FileError> {
        let Some(pending) = folder.folder(PENDING)? else { return Ok(()) };
        pending.check()?;
        // Another process may put its own there meanwhile: only what has a name that is used once is looked at and removed.
        if pending.read_secret(KEY)?.map(secret).as_ref() == Some(key) {
            set_aside(&pending)?;
        }
        for name in pending.names()?.into_iter().filter(|name| name.starts_with(ASIDE)) {
            if pending.read_secret(&name)?.map(secret).as_ref() == Some(key) {
                pending.remove_file(&name)?;
            }
        }
        if !pending.has(KEY)? && pending.has(REQUEST)? {
            pending.remove_file(REQUEST)?;
        }
        if pending.names()?.is_empty() { folder.remove_folder(PENDING) } else { Ok(()) }
    }
}

/// Gives the key that waits another name, which no other one has or gets.
fn set_aside(pending: &Folder) -> Result<(), FileError> {
    pending.rename(KEY, &format!("{ASIDE}{}.pem", new_transaction_id()))?;
    pending.sync()
}

#[cfg(test)]
mod tests {
    use certgate_keys::{KeyType, PrivateKey};

    use super::Installation;

    fn key() -> PrivateKey {
        PrivateKey::generate(KeyType::P256).unwrap()
    }

    #[test]
    fn a_key_that_is_set_aside_is_found() {
        let home = tempfile::tempdir().unwrap();
        let place = Installation::at(&home.path().join("certs/a"));
        let keys = [key(), key(), key()];
        for key in &keys {
            place.set_pending_aside().unwrap_or_else(|why| assert!(why.is_not_found(), "{why}"));
            place.keep_key(&key.to_pem()).unwrap();
        }
        let found = || keys.each_ref().map(|key| place.key_with(&key.spki()).unwrap().is_some());
        assert_eq!(found(), [true; 3]);
        // Whichever comes into place, the others wait on.
        let folder = place.open().unwrap();
        place.forget_pending(&folder, &keys[1].to_pem()).unwrap();
        assert_eq!(found(), [true, false, true]);
        place.forget_pending(&folder, &keys[2].to_pem()).unwrap();
        assert_eq!((found(), place.pending_key().unwrap()), ([true, false, false], None));
        place.forget_pending(&folder, &keys[0].to_pem()).unwrap();
        assert!(!place.pending().exists());
    }
}
