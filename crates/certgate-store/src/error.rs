//! What can go wrong with the store.

use std::{fmt::Display, path::Path};

use crate::{NewOrder, Order, State};

/// The order that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictingOrder {
    /// The order.
    pub order: Box<Order>,
    /// Whether another process that is alive carries it.
    pub is_held: bool,
}

/// Why something was not stored or read. Nothing may be sent that was to be stored first.
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
    /// It was written by a newer certgate.
    #[error("{place}: the store has version {found}, this certgate knows up to {known}: upgrade certgate")]
    Newer {
        /// The file, or the address of the database.
        place: String,
        /// Its version.
        found: i64,
        /// The newest one known.
        known: i64,
    },
    /// It is none of ours or damaged.
    #[error(
        "{place}: the store is damaged ({why}). Put a backup back, or begin with an empty store and check the account's jobs by hand before ordering"
    )]
    Damaged {
        /// The file, or the address of the database.
        place: String,
        /// What the database says.
        why: String,
    },
    /// It is another application's database.
    #[error("{place}: it is a database of another application, no store")]
    NoStore {
        /// The file, or the address of the database.
        place: String,
    },
    /// No room is left.
    #[error("{place}: no room is left for the store. Make room and run again")]
    Full {
        /// The file, or the address of the database.
        place: String,
    },
    /// It cannot be opened or written.
    #[error("{place}: the store cannot be opened or written ({why})")]
    Unwritable {
        /// The file, or the address of the database.
        place: String,
        /// Why.
        why: String,
    },
    /// Others kept it locked for too long.
    #[error("{place}: other processes keep the store locked. Run again")]
    Locked {
        /// The file, or the address of the database.
        place: String,
    },
}

impl StoreError {
    /// That the store there cannot be opened or written.
    pub(crate) fn unwritable(place: impl Display, why: impl Display) -> Self {
        Self::Unwritable { place: place.to_string(), why: why.to_string() }
    }

    /// That what is there is not what certgate wrote.
    pub(crate) fn damaged(place: impl Display, why: impl Display) -> Self {
        Self::Damaged { place: place.to_string(), why: why.to_string() }
    }

    /// What the database said, in our terms.
    pub(crate) fn of(path: &Path, error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let place = path.display().to_string();
        // The index of the log did not fit: the disk is full.
        if error.sqlite_error().is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
            return Self::Full { place };
        }
        match error.sqlite_error_code() {
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::Damaged { place, why: error.to_string() },
            Some(Code::DiskFull) => Self::Full { place },
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Locked { place },
            Some(Code::CannotOpen | Code::ReadOnly | Code::PermissionDenied | Code::SystemIoFailure) => {
                Self::Unwritable { place, why: error.to_string() }
            }
            // A table or column that is not there, a value of another type: the file is not what it says it is.
            _ => Self::Damaged { place, why: error.to_string() },
        }
    }
}

/// The order that stands in the way.
fn twin_text(ConflictingOrder { order, is_held }: &ConflictingOrder) -> String {
    let Order { order: NewOrder { id, .. }, state, job, .. } = &**order;
    let job = job.map(|job| format!(" (job {job})")).unwrap_or_default();
    let holder = if *is_held { ", and another process is at it" } else { "" };
    format!("order {id}{job} of the same is {}{holder}", state.as_str())
}
