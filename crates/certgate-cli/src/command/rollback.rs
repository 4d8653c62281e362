//! `certgate rollback`.

use std::path::PathBuf;

use certgate::{Installation, inventory::find};
use clap::Args;
use serde_json::json;

use crate::{
    app::App,
    exit::{Exit, Failure},
    streams::printable,
    ui::inventory::chosen,
};

/// Put the set back that was in place before, all its files at once (exit 8 where there is none)
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  certgate rollback /etc/certificates/example.com\n  certgate rollback example.com --profile live"
)]
pub(crate) struct Rollback {
    /// The certificate's folder, or its name in the folders of the profile's `certificates`
    #[arg(value_name = "DIR|NAME")]
    certificate: PathBuf,
}

impl Rollback {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let folder = self.folder(app)?;
        let place = Installation::at(&folder);
        if place.set().is_none() {
            let text = "no certificate with its key is installed there";
            return Err(Failure::usage(format!("{}: {text}", folder.display())));
        }
        let set = place.rollback()?;
        if app.json() {
            let mut document = json!({ "schema": 1 });
            if let Some(set) = &set {
                document["set"] = json!(set);
            }
            app.stdout.print(&document);
        } else {
            if let Some(set) = &set {
                app.stdout.line(&printable(&format!("{} is in place", set.display())));
            }
        }
        Ok(if set.is_some() { Exit::DONE } else { Exit::unchanged("there is no set before the one in place") })
    }

    fn folder(&self, app: &App) -> Result<PathBuf, Failure> {
        let Self { certificate } = self;
        if certificate.is_dir() {
            return Ok(certificate.clone());
        }
        let nothing = |why: &str| Failure::usage(format!("{}: no such folder, and {why}", certificate.display()));
        let nowhere =
            |failure: Failure| failure.and(&format!("{}: no such folder, and no name", certificate.display()));
        let folders = chosen(app, &[]).map_err(nowhere)?;
        let mut found: Vec<_> =
            find(&folders, app.now()).into_iter().filter_map(|(_, installed)| installed.ok()).collect();
        found.retain(|installed| Some(installed.name.as_str()) == certificate.to_str());
        match found.as_slice() {
            [installed] => Ok(installed.folder.clone()),
            [] => Err(nothing("no certificate of that name in the profile's `certificates`")),
            [first, second, ..] => {
                let (first, second) = (first.folder.display(), second.folder.display());
                Err(nothing(&format!(
                    "more than one certificate of that name: give its folder, such as {first} or {second}"
                )))
            }
        }
    }
}
