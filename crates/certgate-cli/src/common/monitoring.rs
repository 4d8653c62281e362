//! What is watched: folders, store and account, looked at together.

use std::path::PathBuf;

use certgate::monitoring::{Questions, Snapshot};

use crate::{
    app::{App, Connection},
    exit::Failure,
};

/// The folders given, else the profile's; there may be none, for the account is watched as a whole.
pub(crate) fn folders(app: &App, given: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    if given.is_empty() { Ok(app.settings()?.certificates.value) } else { Ok(given.to_vec()) }
}

/// Looks at all of it. What the gateway does not say is missing, and the failure tells why.
pub(crate) fn look(
    app: &App,
    connection: &mut Connection,
    folders: &[PathBuf],
    questions: Questions,
) -> Result<(Snapshot, Option<Failure>), Failure> {
    let mut snapshot = Snapshot::here(folders, &connection.journal()?, app.now())?;
    let asked = snapshot.ask(&mut connection.client, questions);
    Ok((snapshot, asked.err().map(|error| app.reported(error.into()))))
}
