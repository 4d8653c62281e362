//! Where a pass phrase comes from.

use std::path::{Path, PathBuf};

use certgate_domain::Secret;
use certgate_files::FileError;
use certgate_store::PassPhraseSource;

use crate::process::{self, ProcessError};

/// Why there is no pass phrase.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PassPhraseError {
    /// Its file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// Its file is not text.
    #[error("{}: found what is not text, expected UTF-8 or UTF-16", .0.display())]
    NotText(PathBuf),
    /// The command that prints it failed.
    #[error("the command for the pass phrase {0}")]
    Command(#[source] ProcessError),
}

/// Reads a pass phrase: the first line of a file that only its owner can read, or of what a command prints. Relative paths and
/// the command start from `folder`; without one, from the process's.
///
/// # Errors
/// See [`PassPhraseError`].
pub fn read_pass_phrase(source: &PassPhraseSource, folder: Option<&Path>) -> Result<Secret, PassPhraseError> {
    match source {
        PassPhraseSource::File(path) => {
            let path = folder.map_or_else(|| path.clone(), |folder| folder.join(path));
            let bytes = certgate_files::read_secret(&path)?;
            Secret::first_line(&bytes).ok_or(PassPhraseError::NotText(path))
        }
        PassPhraseSource::Command(line) => process::first_line(line, folder).map_err(PassPhraseError::Command),
    }
}
