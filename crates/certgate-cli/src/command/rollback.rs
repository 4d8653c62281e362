//! `certgate rollback`.

use std::path::PathBuf;

use certgate::{
    Installation,
    installation::{Deployment, PutBack},
    inventory::named,
};
use clap::Args;
use serde_json::json;

use crate::{
    app::App,
    exit::{Exit, Failure, Kind},
    streams::{printable, say},
    ui::{document, sets},
};

/// Put the set before the one in place back
///
/// All its files at once; the folder's hook is run (exit 8 where there is none before).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate rollback /etc/certificates/example.com
  certgate rollback /etc/certificates/example.com --list
  certgate rollback /etc/certificates/example.com --to 3

--to goes back further, and forward again; it alone puts in place what has ended or was revoked. The gateway's certificate comes back with `certgate fetch`, too.")]
pub(crate) struct Rollback {
    /// The certificate's folder, or its name in the folders of the profile's `certificates`
    #[arg(value_name = "DIR|NAME")]
    certificate: PathBuf,
    /// Show the sets that there are, and change nothing
    #[arg(long, conflicts_with = "to")]
    list: bool,
    /// Put this set in place: its name, its number, or its certificate's serial number [default: the one before]
    #[arg(long, value_name = "SET")]
    to: Option<String>,
}

impl Rollback {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let folder = self.folder(app)?;
        let place = Installation::at(&folder).at_time(app.now());
        if self.list {
            sets::print(app, &folder, &place.sets()?);
            return Ok(Exit::DONE);
        }
        // The hook is waited for, and what came of it recorded.
        app.interrupt();
        let put_back = place.put_back(self.to.as_deref())?;
        let mut document = json!({ "schema": 1 });
        let Some(PutBack { set, ended, revoked, deployment }) = put_back else {
            if app.json() {
                app.stdout.print(&document);
            }
            let why = if self.to.is_some() { "it is in place" } else { "there is no set before the one in place" };
            return Ok(Exit::unchanged(why));
        };
        for (what, at) in
            [("ended", ended), ("was revoked", revoked)].iter().filter_map(|(what, at)| Some((what, (*at)?)))
        {
            say(&format!("certgate: warning: its certificate {what} on {}", document::time(at.saturating_mul(1000))));
        }
        if app.json() {
            document["set"] = document::path(&set);
            document["deployment"] = json!(deployment);
            app.stdout.print(&document);
        } else {
            app.stdout.line(&printable(&format!("{} is in place", set.display())));
        }
        match deployment {
            Deployment::Failed { detail } => {
                say(&format!("certgate: {}: {detail}", folder.display()));
                Ok(Kind::NotDeployed.into())
            }
            _ => Ok(Exit::DONE),
        }
    }

    /// The folder that is meant.
    fn folder(&self, app: &App) -> Result<PathBuf, Failure> {
        match self.certificate.is_dir() {
            true => Ok(self.certificate.clone()),
            false => Ok(named(&self.certificate, &app.settings()?.certificates.value, app.now())?),
        }
    }
}
