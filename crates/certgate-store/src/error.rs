//! What can go wrong with the store.

use std::path::{Path, PathBuf};

use crate::State;

/// The order that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictingOrder {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub state: State,
    /// The gateway's job, where it is known.
    pub job: Option<i64>,
    /// Whether another process that is alive carries it.
    pub is_held: bool,
}

/// Why something could not be kept or read. Nothing may be sent that was to be kept first.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody else could have put the file, or what is kept beside it, there: its orders say which commands are run.
    #[error(transparent)]
    Untrusted(#[from] certgate_files::FileError),
    /// Another order of the same is not finished.
    #[error("{}", twin_text(.0))]
    Unfinished(ConflictingOrder),
    /// An order of that id is there already.
    #[error("order {0} is in the store already")]
    Known(String),
    /// No such order.
    #[error("order {0} is not in the store")]
    NoOrder(String),
    /// Another process has taken the order over: its lease had run out. Nothing was written.
    #[error("order {0} was taken over by another process, and this one has stopped")]
    LeaseLost(String),
    /// It is another account's order.
    #[error("order {id} belongs to {account}")]
    OtherAccount {
        /// Its id.
        id: String,
        /// Whose it is.
        account: String,
    },
    /// An order cannot go to that state.
    #[error("order {id} is {}, and cannot become {}", before.as_str(), after.as_str())]
    Transition {
        /// Its id.
        id: String,
        /// Where it stands.
        before: State,
        /// Where it was to go.
        after: State,
    },
    /// The file was written by a newer certgate.
    #[error("{}: the store has version {found}, this certgate knows up to {known}: upgrade certgate", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest one known.
        known: i64,
    },
    /// The file is none of ours or damaged.
    #[error("{}: the store is damaged ({why}). Put a copy back, or move the file away and check the account's jobs by hand before ordering", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the database says.
        why: String,
    },
    /// The file is another application's database.
    #[error("{}: it is a database of another application, no store", path.display())]
    NoStore {
        /// The file.
        path: PathBuf,
    },
    /// No room is left.
    #[error("{}: no room is left for the store. Make room and run again", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be opened or written.
    #[error("{}: the store cannot be opened or written ({why})", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Others kept it locked for too long.
    #[error("{}: other processes keep the store locked. Run again", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
}

impl StoreError {
    /// What the database said, in our terms.
    pub(crate) fn of(path: &Path, error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let path = path.to_owned();
        // The index of the log did not fit: the disk is full.
        if error.sqlite_error().is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
            return Self::Full { path };
        }
        match error.sqlite_error_code() {
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::Damaged { path, why: error.to_string() },
            Some(Code::DiskFull) => Self::Full { path },
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Locked { path },
            Some(Code::CannotOpen | Code::ReadOnly | Code::PermissionDenied | Code::SystemIoFailure) => {
                Self::Unwritable { path, why: error.to_string() }
            }
            // A table or column that is not there, a value of another type: the file is not what it says it is.
            _ => Self::Damaged { path, why: error.to_string() },
        }
    }
}

/// The order that stands in the way.
fn twin_text(ConflictingOrder { id, state, job, is_held }: &ConflictingOrder) -> String {
    let job = job.map(|job| format!(" (job {job})")).unwrap_or_default();
    let holder = if *is_held { ", and another process is at it" } else { "" };
    format!("order {id}{job} of the same is {}{holder}", state.as_str())
}
