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
    place: String,
    /// The file whose lock lasts as long as the process, where one is held.
    lock: Option<(PathBuf, File)>,
}

impl Lease {
    /// How long a lease lasts that is not renewed.
    pub const LENGTH: Duration = Duration::from_secs(60);

    /// Acquires a lease next to the store's file. `token` must be unique to this lease.
    ///
    /// # Errors
    /// Its file cannot be made or locked.
    pub fn beside(store: &Path, token: &str) -> Result<Self, StoreError> {
        // All processes of a file's store share the folder beside it.
        Self::locked(lock_file(store, token), token, |_| Ok(String::new()))
    }

    /// Acquires a lease for a store that other machines use too. Those who keep their locks in the same folder of the same
    /// machine see at once when it ends with its process.
    #[cfg(feature = "postgres")]
    pub(crate) fn on_this_machine(folder: &Path, token: &str) -> Result<Self, StoreError> {
        Self::locked(folder.join(token), token, |file| identity(file.parent().unwrap_or(folder), token))
    }

    /// A lease that ends with its time alone.
    #[cfg(feature = "postgres")]
    pub(crate) fn by_time(token: &str) -> Self {
        Self { token: token.to_owned(), place: token.to_owned(), lock: None }
    }

    /// Whether a process runs that has the lease with that token beside a file.
    pub(crate) fn is_held_beside(store: &Path, token: &str) -> bool {
        is_locked(&lock_file(store, token))
    }

    /// Whether the process of a lease may run: not where its lock is in this machine's folder, and nobody holds it.
    #[cfg(feature = "postgres")]
    pub(crate) fn may_run(locks: Option<&Path>, token: &str, place: &str) -> bool {
        let is_here = |folder: &&Path| place != token && identity(folder, token).is_ok_and(|own| own == place);
        locks.filter(is_here).is_none_or(|folder| is_locked(&folder.join(token)))
    }

    fn locked(
        path: PathBuf,
        token: &str,
        place: impl FnOnce(&Path) -> std::io::Result<String>,
    ) -> Result<Self, StoreError> {
        let unwritable = |why: std::io::Error| StoreError::unwritable(path.display(), why);
        private_folder(path.parent()).map_err(unwritable)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(unwritable)?;
        lock.lock().map_err(unwritable)?;
        let place = place(&path).map_err(unwritable)?;
        Ok(Self { token: token.to_owned(), place, lock: Some((path, lock)) })
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

    /// Where its file is: nothing for the folder beside the store.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// Whether the process with that token, which keeps its file in the same place, runs.
    pub(crate) fn is_running(&self, token: &str) -> bool {
        self.lock.as_ref().is_none_or(|(path, _)| is_locked(&path.with_file_name(token)))
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
        if let Some((path, _)) = &self.lock {
            let _ = fs::remove_file(path);
        }
    }
}

/// What tells a folder apart from those of the same path on other machines and in other containers, whatever was copied: the
/// running kernel, the file system and the folder's number in it. Where that is not known, nobody shares the folder.
#[cfg(feature = "postgres")]
fn identity(folder: &Path, token: &str) -> std::io::Result<String> {
    #[cfg(unix)]
    if let Ok(kernel) = fs::read_to_string("/proc/sys/kernel/random/boot_id") {
        let folder = fs::metadata(folder)?;
        let (device, number) =
            (std::os::unix::fs::MetadataExt::dev(&folder), std::os::unix::fs::MetadataExt::ino(&folder));
        return Ok(format!("{}:{device:x}:{number:x}", kernel.trim()));
    }
    let _ = folder;
    Ok(token.to_owned())
}

fn lock_file(store: &Path, token: &str) -> PathBuf {
    let mut name = store.file_name().unwrap_or_default().to_owned();
    name.push(".locks");
    store.with_file_name(name).join(token)
}
