//! Every exchange, redacted, as JSON lines.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::Error;

/// A file that takes a line an exchange.
#[derive(Debug)]
pub struct Trace {
    file: File,
    path: PathBuf,
}

impl Trace {
    /// Opens the file, to add to it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn to(path: &Path) -> Result<Self, Error> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|why| Error::Storage { path: path.to_owned(), why: why.to_string() })?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Adds a line.
    pub(crate) fn line(&mut self, exchange: &Value) -> Result<(), Error> {
        let line = format!("{exchange}\n");
        self.file
            .write_all(line.as_bytes())
            .map_err(|why| Error::Storage { path: self.path.clone(), why: why.to_string() })
    }
}
