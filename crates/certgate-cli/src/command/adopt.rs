//! `certgate adopt`.

use std::{fs, path::PathBuf};

use certgate::{
    CertificateSettings,
    adoption::{self, declare, search},
};
use clap::Args;

use crate::{
    app::{App, Connection},
    args::{install::Then, validation::ValidationArgs},
    exit::{Exit, Failure},
    ui::adoption::{print, say_elsewhere},
};

/// Take over certificates and keys that are on disk already
///
/// It orders nothing (exit 8 where all are under care already, 10 where some are not the account's).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate adopt /etc/nginx/ssl --dry-run
  certgate adopt --all-below /etc/ssl --deploy-hook 'systemctl reload nginx'
  certgate adopt --all-below /etc/letsencrypt/live --write certificates.toml

Each certificate is matched with the gateway's by its serial number, or else by its key. What servers read stays where it is: each file \
becomes a link into the certificate's folder and shows the same. The options given and the profile are remembered: `certgate renew-due` \
needs none.")]
pub(crate) struct Adopt {
    /// Folders of certificates and their keys
    #[arg(value_name = "DIR", required_unless_present = "all_below")]
    folders: Vec<PathBuf>,
    /// Every folder below this one as well
    #[arg(long, value_name = "DIR")]
    all_below: Vec<PathBuf>,
    /// Add what is under care to this file of declared certificates; what it says already stays
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Show what would be done, and write nothing
    #[arg(long, conflicts_with = "write")]
    dry_run: bool,
    #[command(flatten)]
    validation: ValidationArgs,
    #[command(flatten)]
    then: Then,
}

impl Adopt {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let mut settings = CertificateSettings::default();
        self.validation.say(&mut settings, app)?;
        self.then.say(&mut settings);
        let mut settings = settings.given_in(None);
        settings.profile = app.remembered_profile(&app.settings()?);
        for folder in self.folders.iter().chain(&self.all_below) {
            fs::read_dir(folder).map_err(|why| Failure::usage(format!("{}: {why}", folder.display())))?;
        }
        let mut connection = Connection::open(app, None)?;
        let found = search(&self.folders, &self.all_below, app.now());
        let journal = if self.dry_run { None } else { Some(connection.journal()?) };
        let adoptions = adoption::adopt(&mut connection.client, journal.as_ref(), found, &settings)?;
        let declaration = self.write.as_deref().map(|file| declare(file, &adoptions)).transpose()?;
        if let (Some(declaration), Some(file)) = (&declaration, &self.write) {
            say_elsewhere(app, file, declaration);
        }
        print(app, &adoptions, self.dry_run, declaration.map(|declaration| declaration.added))
    }
}
