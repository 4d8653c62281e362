//! Messages of others, kept until they are taken.

use std::{
    fs,
    path::{Path, PathBuf},
};

use certgate_domain::{PollMessage, Protocol};
use certgate_files::{WholeFile, check_folder, make_private_folder, sync_folder};
use serde_json::json;

use crate::{Error, MachineError};

/// A folder with one file a message: what was understood, and the answer's body as received, so that nothing is lost.
/// Files are private (0600) and synced before [`Spool::store`] returns.
#[derive(Debug, Clone)]
pub struct Spool {
    folder: PathBuf,
}

impl Spool {
    /// That folder, made for its owner only where it is missing.
    ///
    /// # Errors
    /// It cannot be made, or others can write to it.
    pub fn at(folder: &Path) -> Result<Self, Error> {
        make_private_folder(folder)?;
        check_folder(folder, None)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Stores a message. Storing the same one twice leaves one file; another one of the same id gets a file of its own.
    ///
    /// # Errors
    /// It is not safely on disk.
    pub fn store(&self, protocol: Protocol, message: &PollMessage, body: &[u8]) -> Result<PathBuf, Error> {
        let document = json!({
            "schema": 1,
            "transport": protocol.name(),
            "message": certgate_json::document::poll_message(message),
            "raw": String::from_utf8_lossy(body),
        });
        let text = format!("{document:#}\n");
        let id = message.id.map_or("none".to_owned(), |id| id.to_string());
        for copy in 1..1000 {
            let name = if copy == 1 { format!("{id}.json") } else { format!("{id}-{copy}.json") };
            let path = self.folder.join(name);
            // Another process may be at the same: what is there is looked at only once it is whole.
            if self.create(&path, &text)? || fs::read(&path).is_ok_and(|there| same_message(&there, &document)) {
                return Ok(path);
            }
        }
        Err(MachineError::SpoolFull { folder: self.folder.clone(), id }.into())
    }
}

impl Spool {
    /// Writes a message of the store: the same one again is the same file.
    ///
    /// # Errors
    /// It is not safely on disk.
    pub fn write(&self, stable_id: &str, id: Option<i64>, document: &serde_json::Value) -> Result<PathBuf, Error> {
        let id = id.map_or("none".to_owned(), |id| id.to_string());
        let path = self.folder.join(format!("{id}-{stable_id}.json"));
        self.create(&path, &format!("{document:#}\n"))?;
        Ok(path)
    }

    /// Whether the file was made; one that is there stays.
    fn create(&self, path: &Path, text: &str) -> Result<bool, Error> {
        match WholeFile::beside(path, text.as_bytes(), 0o600)?.create() {
            Err(why) if why.is_already_there() => Ok(false),
            created => Ok(created.and_then(|()| sync_folder(&self.folder)).map(|()| true)?),
        }
    }
}

fn same_message(there: &[u8], document: &serde_json::Value) -> bool {
    serde_json::from_slice::<serde_json::Value>(there)
        .is_ok_and(|there| there.get("message") == document.get("message"))
}
