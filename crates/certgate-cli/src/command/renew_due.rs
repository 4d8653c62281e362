//! `certgate renew-due`.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use certgate::{
    CertificateSettings, InstallOptions, Installation, Journal, KeySource, OrderRequest, ResumeOptions,
    config::parse_duration,
    estate::term::{Decision, Lifetime, RenewBefore, Term, decide},
    inventory::{InstalledCertificate, ends_within, find, read, whole},
};
use certgate_domain::{Lenient, task::CertificateInfo};
use certgate_files::Folder;
use certgate_flow::Purpose;
use certgate_store::{Order, State};
use clap::Args;
use serde_json::{Value, json};

use crate::{
    app::{App, Connection},
    args::{
        install::Then,
        ordering::Queue,
        validation::{ValidationArgs, check_unattended},
    },
    common::{
        order::{drive_in, prepared},
        queue::confirm_own,
    },
    exit::{Exit, Failure, Kind, worst},
    streams::{printable, say},
    ui::{
        advice,
        inventory::{chosen, under_way},
        outcome::{self, Asked, CommandOutput},
        progress::Progress,
    },
};

/// Reissue or renew whatever is due, each with a new key, and put it in place: a line for cron (exit 8 where nothing is due)
#[derive(Debug, Args)]
#[command(after_help = "Example:
  certgate renew-due --profile live --deploy-hook 'systemctl reload nginx'

It is safe to run at any time, twice at once and after a crash: what an earlier run ordered is carried on with, never ordered again.
Certificates that the gateway does not validate by itself need the same --dns or --webroot as when they were ordered.")]
pub(crate) struct RenewDue {
    /// Folders of certificates that certgate installed with their keys, or folders of such [default: the profile's `certificates`]
    folders: Vec<PathBuf>,
    /// What ends within this time is due
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "30d")]
    renew_before: Duration,
    #[command(flatten)]
    validation: ValidationArgs,
    #[command(flatten)]
    then: Then,
    /// How long to wait for each
    #[arg(long, default_value = "30m", value_parser = parse_duration)]
    timeout: Duration,
    #[command(flatten)]
    queue: Queue,
}

impl RenewDue {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let roots = chosen(app, &self.folders)?;
        self.queue.check()?;
        let asked = self.settings()?;
        asked.validation()?.check().map_err(advice::validation)?;
        let mut connection = Connection::open(app, Some(self.timeout))?;
        let mut outcome = Outcome { app, rows: Vec::new(), kinds: Vec::new() };
        let mut seen = Vec::new();
        // What an earlier run ordered comes first; its certificate may be in place, and only its hook not.
        let mut journal = connection.journal()?;
        for (folder, order) in under_way(&journal, &roots)? {
            connection.begin_anew(self.timeout)?;
            // What this run is asked to do with a certificate goes before what that one was.
            let before = order.order.resume.install.as_ref().map(CertificateSettings::of_installation);
            let install = Some(asked.clone().or(&before.unwrap_or_default()).installed_into(&folder)?);
            match self.carried(app, &mut connection, &mut journal, &order, install) {
                Ok(None) => {}
                done => {
                    outcome.add(&folder, order.order.name.as_deref(), done)?;
                    seen.push(folder);
                }
            }
        }
        for (folder, found) in find(&roots, app.now()) {
            let name = match &found {
                _ if seen.contains(&whole(&folder)) => continue,
                Ok(installed) if !self.is_due(installed, app.now()) => {
                    if let Some(deployed) = repeat_hook(&asked, installed)? {
                        outcome.add(&folder, Some(&installed.name), Ok(Some(deployed)))?;
                    }
                    continue;
                }
                Ok(installed) => Some(installed.name.clone()),
                Err(_) => None,
            };
            let done = found.map_err(Failure::from);
            let done = done.and_then(|_| self.renew(app, &mut connection, &mut journal, &folder, &asked));
            outcome.add(&folder, name.as_deref(), done)?;
        }
        confirm_own(app, &mut connection, self.queue.options(app.run_options()?).foreign)?;
        if app.json() {
            app.stdout.print(&json!({ "schema": 1, "orders": outcome.rows }));
        }
        Ok(worst(outcome.kinds.iter().copied()).into())
    }

    fn is_due(&self, installed: &InstalledCertificate, now: i64) -> bool {
        ends_within(installed.not_after, self.renew_before, now)
    }

    /// One certificate, by one process at a time; none where another one did it meanwhile.
    fn renew(
        &self,
        app: &App,
        connection: &mut Connection,
        journal: &mut Journal,
        folder: &Path,
        asked: &CertificateSettings,
    ) -> Result<Option<CommandOutput>, Failure> {
        let _lock = locked(folder)?;
        let installed = read(folder, app.now())?;
        if !self.is_due(&installed, app.now()) {
            return Ok(None);
        }
        let Some(id) = installed.id.filter(|_| installed.key_fits.is_some()) else {
            let text =
                "it was not installed with its key by certgate: renew it with `certgate renew ID --new-key --out DIR`";
            return Err(Failure::usage(text));
        };
        let settings = settings_of(asked, &installed);
        let install = settings.installed_into(folder)?;
        let validation = settings.validation()?;
        validation.check().map_err(advice::validation)?;
        Installation::new(install.clone()).check(true)?;
        connection.begin_anew(self.timeout)?;
        // Ordered elsewhere, and not said to go into this folder.
        let open = journal.unfinished()?.into_iter().find(|order| order.order.certificate == Some(id));
        if let Some(order) = open
            && let Some(shown) = self.carried(app, connection, journal, &order, Some(install.clone()))?
        {
            return Ok(Some(shown));
        }
        let there = connection.client.call(CertificateInfo::new(id))?.value.data.into_iter().next().unwrap_or_default();
        check_unattended(&validation, there.authentication.as_ref())?;
        let lifetime = Lifetime {
            not_before: installed.not_after,
            not_after: installed.not_after,
            term: Term::of(&there),
            reissue_required: there.reissue_required.as_ref().and_then(Lenient::value) == Some(&true),
        };
        let purpose = match decide(&lifetime, Some(RenewBefore::Time(self.renew_before)), app.now()) {
            Decision::Renew(_) => Purpose::Renew(id),
            // Within the paid term a reissue is free.
            _ => Purpose::Reissue(id),
        };
        let mut request = OrderRequest::new(purpose);
        let default = settings.key_type.unwrap_or(installed.key_type);
        request.key = Some(KeySource::New { key_type: None, default });
        request.names = settings.names.unwrap_or_default();
        request.install = Some(install);
        request.validation = validation;
        request.make_csr(&mut connection.client, false)?;
        let item = request.item(connection.id(), self.timeout, true);
        let mut progress = Progress::of_one(app, self.asked());
        drive_in(&mut connection.client, journal, item, self.queue.options(app.run_options()?), &mut progress).map(Some)
    }

    fn asked(&self) -> Asked {
        Asked { timeout: self.timeout, ..Asked::default() }
    }

    /// Carries on with an order. None where it never left or is over, and what was published for it was all that was left: the
    /// certificate may be due all the same.
    fn carried(
        &self,
        app: &App,
        connection: &mut Connection,
        journal: &mut Journal,
        order: &Order,
        install: Option<InstallOptions>,
    ) -> Result<Option<CommandOutput>, Failure> {
        let mut progress = Progress::of_one(app, self.asked());
        let recovery = app.recovery(&self.queue.options(app.run_options()?))?;
        let options = ResumeOptions { deadline: self.timeout, install, recovery, ..ResumeOptions::default() };
        let client = &mut connection.client;
        let done = match prepared(client, journal, order, &options, &progress) {
            Ok(Ok(item)) => drive_in(client, journal, *item, self.queue.options(app.run_options()?), &mut progress),
            Ok(Err(shown)) => shown,
            Err(failure) => Err(failure),
        };
        let is_open = !order.state.is_finished() && order.state != State::Validating;
        match done {
            Ok(shown) if is_open => Ok(Some(shown)),
            Err(failure) if is_open || failure.kind() == Kind::Pending => Err(failure),
            _ => Ok(None),
        }
    }

    /// What this run is asked to do with each certificate.
    fn settings(&self) -> Result<CertificateSettings, Failure> {
        let mut settings = CertificateSettings::default();
        self.validation.say(&mut settings)?;
        self.then.say(&mut settings);
        Ok(settings)
    }
}

/// The settings of an installed certificate: what this run is asked for, else as it was ordered before.
fn settings_of(asked: &CertificateSettings, installed: &InstalledCertificate) -> CertificateSettings {
    asked.clone().or(&installed.record.settings.clone().unwrap_or_default())
}

/// Repeats a hook that failed when the certificate was installed; none where there is nothing to repeat.
fn repeat_hook(
    asked: &CertificateSettings,
    installed: &InstalledCertificate,
) -> Result<Option<CommandOutput>, Failure> {
    let install = settings_of(asked, installed).installed_into(&installed.folder)?;
    let deployment = Installation::new(install).repeat_hook();
    Ok(deployment.map(|deployment| CommandOutput::of_hook(&installed.folder, &deployment)))
}

/// What became of each certificate.
struct Outcome<'a> {
    app: &'a App,
    rows: Vec<Value>,
    kinds: Vec<Option<Kind>>,
}

impl Outcome<'_> {
    /// Says what became of one.
    ///
    /// # Errors
    /// Ctrl-C: there is no next one.
    fn add(
        &mut self,
        folder: &Path,
        name: Option<&str>,
        done: Result<Option<CommandOutput>, Failure>,
    ) -> Result<(), Failure> {
        let mut row = json!({ "folder": folder });
        if let Some(name) = name {
            row["name"] = json!(name);
        }
        let (result, kind) = match done {
            Ok(Some(CommandOutput { mut document, kind, .. })) => {
                for name in ["order", "files", "checks", "deployment"] {
                    outcome::set(&mut row, name, document.get_mut(name).map(Value::take).unwrap_or_default());
                }
                // Its files may have been there: that they are in place now is what was to be done.
                let kind = kind.filter(|kind| *kind != Kind::Unchanged);
                (kind.map_or("done", Kind::name), kind)
            }
            Ok(None) => ("unchanged", Some(Kind::Unchanged)),
            Err(failure) if failure.kind() == Kind::Interrupted => return Err(failure),
            Err(failure) => {
                let failure = self.app.reported(failure);
                say(&format!("certgate: {}: {failure}", folder.display()));
                outcome::set(&mut row, "order", failure.detail("order").cloned().unwrap_or_default());
                row["text"] = json!(failure.to_string());
                row["error"] = failure.error();
                (failure.kind().name(), Some(failure.kind()))
            }
        };
        row["kind"] = json!(result);
        if !self.app.json() {
            self.app.stdout.line(&printable(&format!("{}: {result}", folder.display())));
        }
        self.rows.push(row);
        self.kinds.push(kind);
        Ok(())
    }
}

/// The folder for this process alone, as long as the file is open.
fn locked(folder: &Path) -> Result<File, Failure> {
    let path = folder.join(".lock");
    let file = Folder::open(folder)?.open_lock(".lock")?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Failure::new(Kind::Pending, "another process is at it: it is done by that, or due the next time"))
        }
        Err(TryLockError::Error(why)) => Err(Failure::usage(format!("{}: {why}", path.display()))),
    }
}
