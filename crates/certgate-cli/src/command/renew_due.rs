//! `certgate renew-due`.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use certgate_client::{Kind, unix_now};
use certgate_domain::task::CertificateInfo;
use certgate_flow::Purpose;
use clap::Args;
use serde_json::json;

use crate::{
    arguments::Global,
    command::{
        order::{Waiting, duration, ordered_anew},
        resume::carry_on,
    },
    connection::Connection,
    document,
    failure::{Failure, printable},
    folders::{Installed, chosen, find, read},
    install::{Install, Then},
    keys::Keys,
    report::Shown,
};

/// Reissue or renew whatever is due, each with a new key, and put it in place: a line for cron (exit 8 where nothing is due)
#[derive(Debug, Args)]
#[command(after_help = "Example:
  certgate renew-due --profile live --deploy-hook 'systemctl reload nginx'

It is safe to run at any time, twice at once and after a crash: what an earlier run ordered is carried on with, never ordered again.")]
pub(crate) struct RenewDue {
    /// Folders of certificates that certgate installed with their keys, or folders of such [default: the profile's `certificates`]
    folders: Vec<PathBuf>,
    /// What ends within this time is due
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "30d")]
    renew_before: Duration,
    #[command(flatten)]
    then: Then,
    /// How long to wait for each
    #[arg(long, default_value = "30m", value_parser = duration)]
    timeout: Duration,
}

/// The gateway renews from so long before the end of an order's term. Until then a certificate is reissued within it.
const RENEWABLE: i64 = 90 * 86_400;

impl RenewDue {
    pub(crate) fn run(self, global: &Global) -> Result<u8, Failure> {
        let (mut rows, mut worst) = (Vec::new(), 0);
        for installed in find(&chosen(global, &self.folders)?, unix_now() / 1000)?
            .into_iter()
            .filter(|installed| self.is_due(installed))
        {
            let mut row = json!({ "folder": installed.folder, "name": installed.name });
            let done = self.renew(global, &installed.folder);
            let (state, code) = match &done {
                Ok(Some(shown)) => ("done", shown.code),
                Ok(None) => ("unchanged", 0),
                Err(failure) => (failure.kind().name(), failure.kind().exit_code()),
            };
            row["result"] = json!(state);
            match done {
                Ok(Some(Shown { mut document, .. })) => {
                    for name in ["order", "job", "files", "checks", "hook"] {
                        if let Some(value) = document.get_mut(name) {
                            row[name] = value.take();
                        }
                    }
                }
                Ok(None) => {}
                Err(failure) => {
                    eprintln!("certgate: {}: {}", installed.folder.display(), printable(&failure.to_string()));
                    row["error"] = failure.error();
                }
            }
            if !global.json() {
                document::line(&printable(&format!("{}: {state}", installed.folder.display())));
            }
            worst = worst.max(code);
            rows.push(row);
        }
        let nothing = rows.is_empty();
        if global.json() {
            document::print(&json!({ "schema": 1, "certificates": rows }));
        }
        Ok(if nothing { Kind::Unchanged.exit_code() } else { worst })
    }

    fn is_due(&self, installed: &Installed) -> bool {
        installed.days < i64::try_from(self.renew_before.as_secs() / 86_400).unwrap_or(i64::MAX)
    }

    /// One certificate, by one process at a time; none where another one did it meanwhile.
    fn renew(&self, global: &Global, folder: &Path) -> Result<Option<Shown>, Failure> {
        let _lock = locked(folder)?;
        let installed = read(folder, unix_now() / 1000)?;
        if !self.is_due(&installed) {
            return Ok(None);
        }
        let Some(id) = installed.id.filter(|_| installed.key_fits.is_some()) else {
            let text =
                "it was not installed with its key by certgate: renew it with `certgate renew ID --new-key --out DIR`";
            return Err(Failure::usage(text));
        };
        let install = Install { out: Some(folder.to_owned()), then: self.then.clone() };
        let mut connection = Connection::open(global, Some(self.timeout))?;
        let mut ledger = connection.ledger()?;
        // What an earlier run ordered comes first.
        let open = ledger.unfinished()?.into_iter().find(|order| order.order.certificate == Some(id));
        if let Some(order) = open {
            let waiting = Waiting::so_long(self.timeout, install);
            return carry_on(global, &mut connection, &mut ledger, &order, &waiting).map(Some);
        }
        let there = connection.client.call(CertificateInfo::new(id))?.value.data.into_iter().next().unwrap_or_default();
        let ends = there.expire.as_ref().and_then(|expire| expire.value()?.unix_seconds());
        let ends = ends.unwrap_or(installed.not_after);
        let purpose = if ends > unix_now() / 1000 + RENEWABLE { Purpose::Reissue(id) } else { Purpose::Renew(id) };
        drop((ledger, connection));
        ordered_anew(global, purpose, install, self.timeout, &Keys::new_one(installed.key_type)).map(Some)
    }
}

/// The folder for this process alone, as long as the file is open.
fn locked(folder: &Path) -> Result<File, Failure> {
    let path = folder.join(".lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|why| Failure::usage(format!("{}: {why}", path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Failure::new(Kind::Pending, "another process is at it: it is done by that, or due the next time"))
        }
        Err(TryLockError::Error(why)) => Err(Failure::usage(format!("{}: {why}", path.display()))),
    }
}
