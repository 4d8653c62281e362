//! `certgate rollback`.

use std::path::PathBuf;

use certgate_client::{Kind, Place};
use clap::Args;
use serde_json::json;

use crate::{
    arguments::Global,
    document,
    failure::{Failure, printable},
};

/// Put the set before the one in place back, all its files at once (exit 8 where there is none)
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  certgate rollback /etc/certificates/example.com")]
pub(crate) struct Rollback {
    /// The certificate's folder
    folder: PathBuf,
}

impl Rollback {
    pub(crate) fn run(self, global: &Global) -> Result<u8, Failure> {
        let place = Place::at(&self.folder);
        if place.key()?.is_none() {
            return Err(Failure::usage(format!(
                "{}: no certificate with its key is installed there",
                self.folder.display()
            )));
        }
        let set = place.rollback()?;
        if global.json() {
            let mut document = json!({ "schema": 1 });
            if let Some(set) = &set {
                document["set"] = json!(set);
            }
            document::print(&document);
        } else {
            let text = set.as_ref().map_or("there is no set before the one in place".to_owned(), |set| {
                format!("{} is in place", set.display())
            });
            document::line(&printable(&text));
        }
        Ok(if set.is_some() { 0 } else { Kind::Unchanged.exit_code() })
    }
}
