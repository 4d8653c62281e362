//! `certgate store`.

use std::ffi::OsString;

use certgate_store::StoreStatus;
use clap::{Args, Subcommand};

use crate::{
    app::{App, check_lasting, store},
    exit::{Exit, Failure, Kind},
    ui::store as shown,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Store {
    /// What the store is and how it stands; nothing is changed
    #[command(after_help = "Example:\n  certgate store status --output json")]
    Status,
    Migrate(Migrate),
    Copy(Copy),
}

/// Make the store's tables, or bring older ones up to date
///
/// Every command does that by itself when it opens the store. This one does nothing else.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  certgate store migrate --check")]
pub(crate) struct Migrate {
    /// Only look whether there is something to do, which is exit 10
    #[arg(long)]
    check: bool,
}

/// Copy a store into an empty one, such as a file's into PostgreSQL
///
/// All of it is copied in one transaction, counted, and compared by hashes before it counts. The store that is copied stays as it is.
/// No process may be at work on it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  certgate store copy --from store.sqlite \\
    --to postgres://certgate@db.example/certgate")]
pub(crate) struct Copy {
    /// The store to copy
    #[arg(long, value_name = "FILE|URL")]
    from: OsString,
    /// Where to: an empty store, or none yet
    #[arg(long, value_name = "FILE|URL")]
    to: OsString,
}

impl Store {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        match self {
            Self::Status => {
                let address = store(app)?;
                Ok(shown::status(app, &address, &address.status()?))
            }
            Self::Migrate(migrate) => migrate.run(app),
            Self::Copy(copy) => copy.run(app),
        }
    }
}

impl Migrate {
    fn run(self, app: &App) -> Result<Exit, Failure> {
        let address = store(app)?;
        let before = address.status()?.version;
        if before == StoreStatus::KNOWN {
            shown::migrated(app, &address, before);
            return Ok(if self.check { Exit::DONE } else { Exit::unchanged(format!("{address} is up to date")) });
        }
        if self.check && before < StoreStatus::KNOWN {
            let what = format!("{address} has version {before}, and would be brought up to {}", StoreStatus::KNOWN);
            return Err(Failure::new(Kind::CheckFailed, what));
        }
        // A newer one is refused by that.
        address.open()?;
        shown::migrated(app, &address, before);
        Ok(Exit::DONE)
    }
}

impl Copy {
    fn run(self, app: &App) -> Result<Exit, Failure> {
        check_lasting(app)?;
        let settings = app.settings()?;
        let (from, to) = (settings.store_at(&self.from)?, settings.store_at(&self.to)?);
        let tables = from.copy_to(&to)?;
        Ok(shown::copied(app, &from, &to, &tables))
    }
}
