//! Which process carries an order.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{StoreError, sqlite::private_folder};

/// A process that carries orders, such as this one. What it writes of an order is written only while the order is its own.
///
/// A lease ends when it was not renewed for [`Lease::LENGTH`] by the database's clock. It ends at once with its process, where
/// whoever asks runs beside the same store: the process holds a lock on a file for as long as it lives.
#[derive(Debug)]
pub struct Lease {
    token: String,
    path: PathBuf,
    _lock: File,
}

impl Lease {
    /// How long a lease lasts that is not renewed.
    pub const LENGTH: Duration = Duration::from_secs(60);

    /// Acquires a lease next to the store's file. `token` must be unique to this lease.
    ///
    /// # Errors
    /// Its file cannot be made or locked.
    pub fn beside(store: &Path, token: &str) -> Result<Self, StoreError> {
        let path = lock_file(store, token);
        let unwritable = |why: std::io::Error| StoreError::Unwritable { path: path.clone(), why: why.to_string() };
        private_folder(path.parent()).map_err(unwritable)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(unwritable)?;
        lock.lock().map_err(unwritable)?;
        Ok(Self { token: token.to_owned(), path, _lock: lock })
    }

    /// The folder of the leases beside a store.
    pub(crate) fn folder(store: &Path) -> PathBuf {
        lock_file(store, "")
    }

    /// Whether a process ever had one beside that store.
    pub(crate) fn was_beside(store: &Path) -> bool {
        lock_file(store, "").is_dir()
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Where its file is: nothing for the folder beside the store, which all processes of a file's store share.
    pub(crate) fn place(&self) -> &str {
        ""
    }

    /// Whether the process with that token, which keeps its file in the same place, runs.
    pub(crate) fn is_running(&self, token: &str) -> bool {
        is_locked(&self.path.with_file_name(token))
    }
}

fn is_locked(path: &Path) -> bool {
    match File::open(path).map(|file| file.try_lock_shared()) {
        Ok(Err(TryLockError::WouldBlock)) => true,
        Ok(_) | Err(_) => false,
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn lock_file(store: &Path, token: &str) -> PathBuf {
    let mut name = store.file_name().unwrap_or_default().to_owned();
    name.push(".locks");
    store.with_file_name(name).join(token)
}
