//! `certgate status`.

use std::{iter, path::PathBuf, time::Duration};

use certgate::{
    config::parse_duration,
    inventory::find,
    monitoring::{Standing, Todo, WatchedFolders, look_at_servers, standings},
    served::Verification,
};
use clap::Args;

use crate::{
    app::App,
    args::monitoring::Watched,
    common::monitoring::{self, Standings, missing_beside},
    exit::{Exit, Failure, Kind, beside, worst},
    ui::inventory::{chosen, print},
};

/// The certificates of folders: how long they last, and what to do
///
/// With the gateway asked, also whether they match what it has, and what is not here.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate status /etc/certificates
  certgate status /etc/certificates --here --renew-before 30d
  certgate status --check --warning 30d --critical 7d
  certgate status --prometheus /var/lib/node_exporter/certgate.prom")]
pub(crate) struct Status {
    /// Folders of certificates, or folders of such [default: the profile's `certificates`]
    folders: Vec<PathBuf>,
    /// Look at the folders only: do not ask the gateway
    #[arg(long)]
    here: bool,
    /// What ends within this time is due, in place of what is remembered, else 30 days or a third of its lifetime; exit 8 where nothing is
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    renew_before: Option<Duration>,
    #[command(flatten)]
    watched: Watched,
}

impl Status {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        if self.watched.is_asked_for() {
            return monitoring::tell(app, &self.watched, &self.folders);
        }
        let (roots, now) = (chosen(app, &self.folders)?, app.now());
        let found = find(&roots, now);
        let watched = WatchedFolders { roots: &roots, are_named: !self.folders.is_empty() };
        let Standings { all: mut standings, profiles, trouble } = match self.here {
            true => {
                let mut all = standings(found, &roots, None, self.renew_before, now)?.0;
                all.extend(missing_beside(all.iter(), watched, iter::empty())?);
                Standings { all, profiles: Vec::new(), trouble: None }
            }
            false => monitoring::asked(app, watched, found, self.renew_before)?,
        };
        if self.watched.served {
            look_at_servers(&mut standings, now);
        }
        let exit = match worst(standings.iter().map(kind)).filter(|kind| *kind != Kind::Unchanged) {
            None if self.renew_before.is_some() && !standings.iter().any(Standing::is_due) => {
                Exit::unchanged("no certificate is due")
            }
            kind => kind.into(),
        };
        print(app, standings, profiles, now);
        match trouble {
            Some(why) => Err(beside(Ok(exit), why)),
            None => Ok(exit),
        }
    }
}

/// What is wrong with a certificate as it stands.
fn kind(standing: &Standing) -> Option<Kind> {
    match standing {
        Standing::Unreadable { .. } => Some(Kind::Usage),
        Standing::Installed(standing) if standing.installed.led_elsewhere.is_some() => Some(Kind::Usage),
        Standing::Installed(standing) if !standing.installed.faults.is_empty() => Some(Kind::CheckFailed),
        Standing::Installed(standing) if !standing.installed.led_gone.is_empty() => Some(Kind::CheckFailed),
        Standing::Installed(installed) => match installed.todo {
            Todo::Redeploy => Some(Kind::NotDeployed),
            Todo::OtherKey
            | Todo::OtherPair
            | Todo::Revoked
            | Todo::OfAnotherName
            | Todo::OtherCertificate { .. }
            | Todo::NotNoted
            | Todo::NotThere => Some(Kind::CheckFailed),
            _ => installed.served.iter().find_map(Verification::problem).map(|_| Kind::NotDeployed),
        },
        _ => None,
    }
}
