//! The key that waits for its certificate.

use std::{
    fs,
    path::{Path, PathBuf},
};

use certgate_domain::Secret;
use certgate_files::{FileError, Folder};
use certgate_keys::PrivateKey;

use super::{FOLDER_WITH_KEYS, Installation, KEY, LOCK, PENDING, secret};

/// The request that was made with it.
const REQUEST: &str = "request.pem";
/// What the name of a key begins with that was set aside.
const ASIDE: &str = "key-";

/// A key that was kept for an order that has not left, and what was made for it.
#[derive(Debug, Clone)]
pub struct KeptKey {
    place: Installation,
    spki: Vec<u8>,
    /// The topmost of the folders that were missing before.
    made: Option<PathBuf>,
}

/// The topmost of the folders of a path that are not there.
pub(crate) fn first_missing(folder: &Path) -> Option<PathBuf> {
    let missing = |above: &&Path| !above.as_os_str().is_empty() && !above.exists();
    folder.ancestors().take_while(missing).last().map(Path::to_owned)
}

impl KeptKey {
    /// The order is not out, and never will be: no certificate comes for its key. What cannot be removed does no harm: the next order uses it.
    pub(crate) fn discard(&self) {
        let _ = self.remove();
    }

    fn remove(&self) -> Result<(), FileError> {
        if self.place.pending_spki()?.as_ref() != Some(&self.spki) {
            return Ok(());
        }
        let folder = self.place.open()?;
        let Some(pending) = folder.folder(PENDING)? else { return Ok(()) };
        pending.remove_file(KEY)?;
        if pending.has(REQUEST)? {
            pending.remove_file(REQUEST)?;
        }
        // A key that was set aside waits on.
        if pending.names()?.is_empty() {
            folder.remove_folder(PENDING)?;
        }
        self.made.as_deref().map_or(Ok(()), |made| self.place.remove_made(made))
    }
}

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

    /// The public half (DER) of the key that waits, where there is one that can be used.
    pub(crate) fn pending_spki(&self) -> Result<Option<Vec<u8>>, FileError> {
        let key = self.pending_key()?.and_then(|text| PrivateKey::from_pem(text.expose(), None).ok());
        Ok(key.map(|key| key.spki()))
    }

    /// What is to be undone of an order that is not out with the key that waits: that one, where it is not the one `before`, and the folders from
    /// that one on.
    pub(crate) fn kept_since(
        &self,
        before: Option<&Vec<u8>>,
        made: Option<PathBuf>,
    ) -> Result<Option<KeptKey>, FileError> {
        let spki = self.pending_spki()?.filter(|spki| before != Some(spki));
        Ok(spki.map(|spki| KeptKey { place: self.clone(), spki, made }))
    }

    /// Removes the folders from that one on, which were made for an order that is not placed, where nothing is in them.
    pub(crate) fn remove_made(&self, made: &Path) -> Result<(), FileError> {
        let Some(folder) = self.open_if_there()? else { return Ok(()) };
        let left = folder.names()?;
        if left.iter().any(|name| name != LOCK) {
            return Ok(());
        }
        left.iter().try_for_each(|lock| folder.remove_file(lock))?;
        for above in self.folder().ancestors() {
            if fs::remove_dir(above).is_err() || above == made {
                break;
            }
        }
        Ok(())
    }

    /// Has the key that waits wait on under another name: an order may be out with it.
    ///
    /// # Errors
    /// It could not be renamed.
    pub(crate) fn set_pending_aside(&self) -> Result<(), FileError> {
        let Some(pending) = self.open()?.folder(PENDING)? else { return Ok(()) };
        pending.check()?;
        let there = pending.names()?;
        let free = (1..).map(|number: u64| format!("{ASIDE}{number}.pem")).find(|name| !there.contains(name));
        match pending.rename(KEY, &free.unwrap_or_default()) {
            // Another process did it.
            Err(why) if why.is_not_found() => Ok(()),
            renamed => renamed.and_then(|()| pending.sync()),
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

    /// The key is in place: it waits no longer.
    pub(super) fn forget_pending(&self, folder: &Folder, key: &Secret) -> Result<(), FileError> {
        if self.pending_key()?.as_ref() == Some(key) {
            folder.remove_folder_and_files(PENDING)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use certgate_keys::{KeyType, PrivateKey};

    use super::{Installation, first_missing};

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
        assert_eq!((found(), place.pending_spki().unwrap()), ([true; 3], Some(keys[2].spki())));
        // The last one was made for an order that was refused.
        place.kept_since(Some(&keys[1].spki()), None).unwrap().unwrap().discard();
        assert_eq!((found(), place.pending_spki().unwrap()), ([true, true, false], None));
    }

    /// What was there before an order, or came after it, stays.
    #[test]
    fn what_is_discarded_is_the_orders_own() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("certs/a");
        let place = Installation::at(&folder);
        let made = first_missing(&folder);
        assert_eq!(made, Some(home.path().join("certs")));
        place.keep_key(&key().to_pem()).unwrap();
        let before = place.pending_spki().unwrap();
        assert!(place.kept_since(before.as_ref(), made.clone()).unwrap().is_none());
        let kept = place.kept_since(None, made).unwrap().unwrap();
        place.set_pending_aside().unwrap();
        place.keep_key(&key().to_pem()).unwrap();
        let after = place.pending_spki().unwrap();
        kept.discard();
        assert_eq!(place.pending_spki().unwrap(), after);
        // Its own alone, with the folders that were made for it.
        std::fs::remove_file(folder.join("pending/key-1.pem")).unwrap();
        place.keep_request("request").unwrap();
        drop(place.lock().unwrap());
        place.kept_since(None, Some(home.path().join("certs"))).unwrap().unwrap().discard();
        assert!(home.path().exists() && !home.path().join("certs").exists());
        std::fs::create_dir_all(&folder).unwrap();
        assert_eq!(first_missing(&folder), None);
        place.keep_key(&key().to_pem()).unwrap();
        place.kept_since(None, None).unwrap().unwrap().discard();
        assert!(folder.exists() && !folder.join("pending").exists());
    }
}
