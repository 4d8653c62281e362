//! `certgate renew-due`.

use std::{path::PathBuf, time::Duration};

use certgate::{
    CertificateSettings,
    config::parse_duration,
    estate::{Task, subjects_of, term::RenewBefore},
    inventory::{Found, find, missing},
};
use clap::Args;

use crate::{
    app::App,
    args::{install::Then, notify::Notify, ordering::Queue, validation::ValidationArgs},
    common::{
        certificate_run::CertificateRun,
        notify::told,
        share::{Share, found_by_profile, shares, with_options},
    },
    exit::{Exit, Failure},
    ui::{advice, inventory::chosen, plan},
};

/// Reissue or renew whatever is due, for cron
///
/// Each with a new key, put in place at once (exit 8 where nothing is due).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate renew-due --profile live
  certgate renew-due /etc/certificates --dry-run

It is safe to run at any time, twice at once and after a crash: what an earlier run ordered is carried on with, never ordered again. \
Each certificate is validated and installed as it was when it was ordered; an option that is given goes before that, and is remembered. \
Within its paid term a certificate is reissued, which is free; at the end of its term it is renewed.")]
pub(crate) struct RenewDue {
    /// Folders of certificates, or folders of such [default: the profile's `certificates`]
    folders: Vec<PathBuf>,
    /// What ends within this time is due: 30d, or a share of its lifetime such as 1/3; two thirds of that at most, but 400d, longer than
    /// any certificate lasts, orders all of them [default: as remembered, else 30d or a third of the lifetime, whichever is less]
    #[arg(long, value_name = "TIME")]
    renew_before: Option<RenewBefore>,
    #[command(flatten)]
    validation: ValidationArgs,
    #[command(flatten)]
    then: Then,
    /// How long to wait in all
    #[arg(long, default_value = "30m", value_parser = parse_duration)]
    timeout: Duration,
    /// Show what would be done, and order nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    queue: Queue,
    #[command(flatten)]
    notify: Notify,
}

impl RenewDue {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let ended = self.go(app);
        if self.dry_run { ended } else { told(app, &self.notify, ended) }
    }

    fn go(&self, app: &App) -> Result<Exit, Failure> {
        let roots = chosen(app, &self.folders)?;
        let asked = self.asked(app)?;
        asked.validation()?.check().map_err(|why| advice::validation(&why, "".into()))?;
        self.queue.check()?;
        let found = find(&roots, app.now());
        // What belongs to an account that cannot be used has its row, too.
        let mut folders: Vec<PathBuf> = found.iter().map(|(folder, _)| folder.clone()).collect();
        let groups = found_by_profile(app, found)?;
        let begin = |share: &mut Share, found| {
            let mut subjects = subjects_of(found, &roots, &share.journal, &asked)?;
            folders.extend(subjects.iter().filter_map(|subject| subject.folder.clone()));
            if self.dry_run {
                return share.planned(app, subjects);
            }
            share.look_after(app, &mut subjects)?;
            share.confirm_own(app, &self.queue);
            // What is not due has no row.
            Ok(share.planned(app, subjects)?.into_iter().filter(Task::is_to_be_done).collect())
        };
        let lose = |(folder, _): &Found| Task::of_folder(folder);
        let mut shares = shares(app, groups, Some(self.timeout), begin, lose, |_| None)?;
        let missing = missing(&roots, !self.folders.is_empty(), &folders, shares.iter().map(|share| &share.journal))?;
        if let Some(share) = shares.first_mut() {
            share.tasks.extend(missing.into_iter().map(|(folder, why)| Task::of_folder(&folder).failed(why.into())));
        }
        if self.dry_run {
            return plan::print(app, with_options(shares), false);
        }
        CertificateRun::of(self.timeout, &self.queue).drive(app, &mut shares)
    }

    /// What this run is asked to do with each certificate.
    fn asked(&self, app: &App) -> Result<CertificateSettings, Failure> {
        let mut settings = CertificateSettings::default();
        settings.renew_before = self.renew_before;
        self.validation.say(&mut settings, app)?;
        self.then.say(&mut settings);
        Ok(settings.given_in(None))
    }
}
