//! One process at a time is at a certificate's folder.

use std::{
    fs::File,
    sync::{Arc, Mutex, PoisonError},
};

use certgate_files::FileError;

use super::Installation;

/// A folder's turn: it is this process's alone from when that is taken until it is given back, by whichever of its clones, or until all of
/// them are gone.
#[derive(Debug, Clone)]
pub struct FolderTurn {
    installation: Installation,
    /// The serial number of what was in place at first.
    pub(crate) serial: Option<String>,
    lock: Arc<Mutex<Option<File>>>,
}

impl FolderTurn {
    /// Has the folder for this process alone, which is made where it is missing; none where another one is at it.
    pub(crate) fn of(installation: &Installation) -> Result<Option<Self>, FileError> {
        installation.make_folder(installation.options.with_key)?;
        let turn = |lock| Self {
            installation: installation.clone(),
            serial: serial(installation),
            lock: Arc::new(Mutex::new(Some(lock))),
        };
        Ok(installation.lock()?.map(turn))
    }

    /// Has it again, where it was given back. Not where another process is at it, or has been meanwhile.
    pub(crate) fn take(&self) -> Result<bool, FileError> {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if lock.is_none() {
            *lock = self.installation.lock()?.filter(|_| serial(&self.installation) == self.serial);
            return Ok(lock.is_some());
        }
        Ok(true)
    }

    /// Leaves the folder to others.
    pub(crate) fn give_back(&self) {
        *self.lock.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn serial(installation: &Installation) -> Option<String> {
    Some(installation.in_place().ok()??.ok()?.certificate.serial)
}
