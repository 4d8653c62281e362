//! What is watched.

use std::path::PathBuf;

use crate::{app::App, exit::Failure};

/// The folders given, else the profile's; there may be none, for the account is watched as a whole.
pub(crate) fn folders(app: &App, given: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    if given.is_empty() { Ok(app.settings()?.certificates.value) } else { Ok(given.to_vec()) }
}
