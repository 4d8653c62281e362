use std::{
    error::Error,
    path::{Path, PathBuf},
};

use certgate_domain::TaskKind;
use certgate_files::FileError;

/// What the system said, or a text.
type Cause = Box<dyn Error + Send + Sync>;

/// What can go wrong with a tape.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TapeError {
    /// A file of a tape cannot be read or written.
    #[error("{}: {why}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        why: Cause,
    },
    /// A line of a tape's index cannot be read.
    #[error("{}:{line}: {why}", path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// The line in it, from 1.
        line: usize,
        /// What was found, and what was expected.
        why: String,
    },
    /// Something was asked for that is not on the tape.
    #[error("{}: {} does not hold it: {nearest}", task.name(), tape.display())]
    Unmatched {
        /// Which task.
        task: TaskKind,
        /// The tape's folder.
        tape: PathBuf,
        /// The exchange that is most like it, and where they differ.
        nearest: String,
    },
    /// An exchange of a tape was not asked for, or the gateway now answers something else.
    #[error("{}: {}", tape.display(), why.join("\n  "))]
    Differs {
        /// The tape's folder.
        tape: PathBuf,
        /// What differs, a line each.
        why: Vec<String>,
    },
    /// An exchange took place and is not on the tape.
    #[error("{}: {}", tape.display(), why.join("\n  "))]
    Unrecorded {
        /// The tape's folder.
        tape: PathBuf,
        /// Which, and why; then what differs besides.
        why: Vec<String>,
    },
}

pub(crate) fn at(path: &Path, why: impl Into<Cause>) -> TapeError {
    TapeError::File { path: path.to_owned(), why: why.into() }
}

/// The same of a file that was not used: what the system said stays the cause.
pub(crate) fn unused(path: &Path, error: FileError) -> TapeError {
    match error {
        FileError::Io { source, .. } => at(path, source),
        error => at(path, error.reason()),
    }
}

pub(crate) fn broken(path: &Path, line: usize, why: impl Into<String>) -> TapeError {
    TapeError::Index { path: path.to_owned(), line, why: why.into() }
}
