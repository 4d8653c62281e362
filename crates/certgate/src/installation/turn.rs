//! One process at a time is at a certificate's folder.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use certgate_files::FileError;

use super::Installation;
use crate::inventory;

/// A folder's turn: it is this process's alone from when that is taken until it is given back, by whichever of its clones, or until all of
/// them are gone.
#[derive(Debug, Clone)]
pub struct FolderTurn {
    folder: PathBuf,
    /// The serial number of what was in place at first.
    pub(crate) serial: Option<String>,
    lock: Arc<Mutex<Option<File>>>,
}

impl FolderTurn {
    /// With what is in place now. It is not taken yet.
    pub(crate) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), serial: serial(folder), lock: Arc::default() }
    }

    /// Has the folder for this process alone. Not where another one is at it, or has been meanwhile.
    pub(crate) fn take(&self) -> Result<bool, FileError> {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if lock.is_none() {
            *lock = Installation::at(&self.folder).lock()?.filter(|_| serial(&self.folder) == self.serial);
            return Ok(lock.is_some());
        }
        Ok(true)
    }

    /// Leaves the folder to others.
    pub(crate) fn give_back(&self) {
        *self.lock.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn serial(folder: &Path) -> Option<String> {
    inventory::read(folder, 0).ok().map(|installed| installed.serial)
}
