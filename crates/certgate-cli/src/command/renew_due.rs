//! `certgate renew-due`.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use certgate::{
    Installation, KeySource, Kind,
    config::parse_duration,
    inventory::{InstalledCertificate, ends_within, find, read, whole},
    validation::Validation,
};
use certgate_domain::task::CertificateInfo;
use certgate_files::Folder;
use certgate_flow::Purpose;
use certgate_store::{Order, State};
use clap::Args;
use serde_json::{Value, json};

use crate::{
    args::{
        Global,
        install::Then,
        validation::{ValidationArgs, check_unattended},
    },
    command::{
        order::{Waiting, ordered_anew},
        resume::carry_on,
    },
    connection::Connection,
    exit::{Failure, worst},
    inventory::{chosen, under_way},
    report::Shown,
    ui::advice,
    ui::document,
    ui::streams::{printable, say},
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
}

/// The gateway renews from so long before the end of an order's term. Until then a certificate is reissued within it.
const RENEWABLE: i64 = 90 * 86_400;

impl RenewDue {
    pub(crate) fn run(self, global: &Global) -> Result<u8, Failure> {
        let roots = chosen(global, &self.folders)?;
        let validation = self.validation.validation()?;
        validation.check().map_err(advice::validation)?;
        let mut connection = Connection::open(global, Some(self.timeout))?;
        let mut outcome = Outcome { global, rows: Vec::new(), kinds: Vec::new() };
        let mut seen = Vec::new();
        // What an earlier run ordered comes first; its certificate may be in place, and only its hook not.
        for (folder, order) in under_way(&connection.ledger()?, &roots)? {
            connection.begin_anew(self.timeout)?;
            // What this run is asked to do with a certificate goes before what that one was.
            let asked = self.then.asks_for_something();
            let installation = asked.then(|| Installation::new(self.then.options(folder.clone())));
            match carried(global, &mut connection, &order, &self.waiting(), installation.as_ref()) {
                Ok(None) => {}
                done => {
                    outcome.add(&folder, order.order.name.as_deref(), done)?;
                    seen.push(folder);
                }
            }
        }
        for (folder, found) in find(&roots, global.now()) {
            let name = match &found {
                _ if seen.contains(&whole(&folder)) => continue,
                Ok(installed) if !self.is_due(installed, global.now()) => {
                    if let Some(deployed) = self.repeat_hook(installed) {
                        outcome.add(&folder, Some(&installed.name), Ok(Some(deployed)))?;
                    }
                    continue;
                }
                Ok(installed) => Some(installed.name.clone()),
                Err(_) => None,
            };
            let done = found.map_err(Failure::from);
            let done = done.and_then(|_| self.renew(global, &mut connection, &folder, &validation));
            outcome.add(&folder, name.as_deref(), done)?;
        }
        if global.json() {
            document::print(&json!({ "schema": 1, "certificates": outcome.rows }));
        }
        Ok(worst(outcome.kinds.iter().copied()).map_or(0, Kind::exit_code))
    }

    fn is_due(&self, installed: &InstalledCertificate, now: i64) -> bool {
        ends_within(installed.not_after, self.renew_before, now)
    }

    /// One certificate, by one process at a time; none where another one did it meanwhile.
    fn renew(
        &self,
        global: &Global,
        connection: &mut Connection,
        folder: &Path,
        validation: &Validation,
    ) -> Result<Option<Shown>, Failure> {
        let _lock = locked(folder)?;
        let installed = read(folder, global.now())?;
        if !self.is_due(&installed, global.now()) {
            return Ok(None);
        }
        let Some(id) = installed.id.filter(|_| installed.key_fits.is_some()) else {
            let text =
                "it was not installed with its key by certgate: renew it with `certgate renew ID --new-key --out DIR`";
            return Err(Failure::usage(text));
        };
        let installation = self.installation(&installed);
        installation.check(true)?;
        let waiting = self.waiting();
        connection.begin_anew(self.timeout)?;
        // Ordered elsewhere, and not said to go into this folder.
        let open = connection.ledger()?.unfinished()?.into_iter().find(|order| order.order.certificate == Some(id));
        if let Some(order) = open
            && let Some(shown) = carried(global, connection, &order, &waiting, Some(&installation))?
        {
            return Ok(Some(shown));
        }
        let there = connection.client.call(CertificateInfo::new(id))?.value.data.into_iter().next().unwrap_or_default();
        check_unattended(validation, there.authentication.as_ref())?;
        let ends = there.expire.as_ref().and_then(|expire| expire.value()?.unix_seconds());
        let ends = ends.unwrap_or(installed.not_after);
        let purpose = if ends > global.now() + RENEWABLE { Purpose::Reissue(id) } else { Purpose::Renew(id) };
        let key = KeySource::New { key_type: None, default: installed.key_type };
        ordered_anew(global, connection, purpose, &waiting, &key, &installation, validation).map(Some)
    }

    fn waiting(&self) -> Waiting {
        Waiting::so_long(self.timeout)
    }

    /// How a certificate is installed: as this run is asked to, else as it was installed before.
    fn installation(&self, installed: &InstalledCertificate) -> Installation {
        let folder = installed.folder.clone();
        match &installed.record.install {
            Some(before) if !self.then.asks_for_something() => {
                let mut options = before.clone();
                options.folder = folder;
                Installation::new(options)
            }
            _ => Installation::new(self.then.options(folder)),
        }
    }

    /// Repeats a hook that failed when the certificate was installed; none where there is nothing to repeat.
    fn repeat_hook(&self, installed: &InstalledCertificate) -> Option<Shown> {
        let deployment = self.installation(installed).repeat_hook()?;
        Some(Shown::of_hook(&installed.folder, &deployment))
    }
}

/// Carries on with an order. None where it never left or is over, and what was published for it was all that was left: the
/// certificate may be due all the same.
fn carried(
    global: &Global,
    connection: &mut Connection,
    order: &Order,
    waiting: &Waiting,
    installation: Option<&Installation>,
) -> Result<Option<Shown>, Failure> {
    let mut ledger = connection.ledger()?;
    let done = carry_on(global, connection, &mut ledger, order, waiting, installation);
    let is_open = !order.state.is_finished() && order.state != State::Validating;
    match done {
        Ok(shown) if is_open => Ok(Some(shown)),
        Err(failure) if is_open || failure.kind() == Kind::Pending => Err(failure),
        _ => Ok(None),
    }
}

/// What became of each certificate.
struct Outcome<'a> {
    global: &'a Global,
    rows: Vec<Value>,
    kinds: Vec<Option<Kind>>,
}

impl Outcome<'_> {
    /// Says what became of one.
    ///
    /// # Errors
    /// Ctrl-C: there is no next one.
    fn add(&mut self, folder: &Path, name: Option<&str>, done: Result<Option<Shown>, Failure>) -> Result<(), Failure> {
        let mut row = json!({ "folder": folder });
        if let Some(name) = name {
            row["name"] = json!(name);
        }
        let (result, kind) = match done {
            Ok(Some(Shown { mut document, kind, .. })) => {
                for name in ["order", "job", "files", "checks", "deployment"] {
                    if let Some(value) = document.get_mut(name) {
                        row[name] = value.take();
                    }
                }
                // Its files may have been there: that they are in place now is what was to be done.
                ("done", kind.filter(|kind| *kind != Kind::Unchanged))
            }
            Ok(None) => ("unchanged", Some(Kind::Unchanged)),
            Err(failure) if failure.kind() == Kind::Interrupted => return Err(failure),
            Err(failure) => {
                say(&format!("certgate: {}: {failure}", folder.display()));
                row["error"] = failure.error();
                (failure.kind().name(), Some(failure.kind()))
            }
        };
        row["result"] = json!(result);
        if !self.global.json() {
            document::line(&printable(&format!("{}: {result}", folder.display())));
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
