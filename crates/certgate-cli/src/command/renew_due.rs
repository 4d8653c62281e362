//! `certgate renew-due`.

use std::{path::PathBuf, time::Duration};

use certgate::{
    CertificateSettings,
    config::parse_duration,
    estate::{Survey, Task, subjects_of_folders, term::RenewBefore},
};
use clap::Args;

use crate::{
    app::App,
    args::{install::Then, notify::Notify, ordering::Queue, validation::ValidationArgs},
    common::{
        notify::told,
        queue::confirm_own,
        several::{self, Several},
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
    /// What ends within this time is due: 30d, or a share of its lifetime such as 1/3 [default: as remembered, else 30d or a third of the
    /// lifetime, whichever is less]
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
        asked.validation()?.check().map_err(advice::validation)?;
        self.queue.check()?;
        let (mut clients, home) = several::open(app, self.timeout, usize::MAX)?;
        let mut journal = home.journal()?;
        // Before it is looked what is to be done.
        let claims = journal.claims()?;
        let mut subjects = subjects_of_folders(&roots, &journal, &asked, app.now())?;
        if let Some(client) = clients.first_mut() {
            Survey { client, now: app.now() }.ask(&mut subjects)?;
        }
        let tasks: Vec<Task> = subjects.into_iter().map(|subject| Task::of(subject, app.now())).collect();
        if self.dry_run {
            return plan::print(app, tasks);
        }
        let foreign = self.queue.options(app.run_options()?).foreign;
        if let Some(client) = clients.first_mut() {
            confirm_own(app, client, journal.clone(), foreign);
        }
        // What is not due has no row.
        let tasks: Vec<Task> = tasks.into_iter().filter(Task::is_to_be_done).collect();
        let (timeout, queue) = (self.timeout, &self.queue);
        let several = Several { timeout, queue, report: None, details: Default::default() };
        several.drive(app, &mut clients, &mut journal, &claims, tasks)
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
