//! `certgate fetch`.

use certgate::{CertificateSelector, InstallOptions};
use clap::Args;
use serde_json::json;

use crate::{
    app::App,
    args::install::Install,
    common::{order::fetched, share::Share},
    exit::{Exit, Failure},
};

/// Get an issued certificate again, checked and written
///
/// Exit 8 where the same is in place.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate fetch example.com --out /etc/certificates/example.com
  certgate fetch 571 --sandbox

It orders nothing. Without further options the files are installed as those in place were: key stores, owner, hook.")]
pub(crate) struct Fetch {
    /// The certificate's id, or its name where only one has it
    #[arg(value_name = "ID|NAME")]
    certificate: CertificateSelector,
    #[command(flatten)]
    install: Install,
}

impl Fetch {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let install = self.install.options_or_remembered()?;
        let named = install.as_ref().and_then(InstallOptions::profile);
        let mut share = Share::of_profile(app, &app.profile_of(named)?, None, 1)??;
        let id = self.certificate.find(share.client())?;
        fetched(app, &mut share, id, None, install, json!({ "schema": 1 }))
    }
}
