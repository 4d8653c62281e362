//! `certgate status`.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use certgate::{
    Installation, certificate_of,
    config::parse_duration,
    estate::{
        account::AccountCertificate,
        term::{Lifetime, RenewBefore},
    },
    installation::Deployment,
    inventory::{InstalledCertificate, ends_within, find, whole},
    monitoring::{Overview, Questions, Snapshot, Verdict, check, prometheus},
};
use certgate_domain::Certificate;
use certgate_files::WholeFile;
use certgate_store::Order;
use clap::Args;
use serde_json::{Value, json};

use crate::{
    app::{App, Connection},
    args::monitoring::Watched,
    common::monitoring::folders,
    exit::{Exit, Failure, Kind},
    ui::{
        self,
        inventory::{chosen, remembered, row, under_way},
        outcome::shell_word,
        page::page,
        table::Table,
    },
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

/// What ends sooner and is not here should be seen to: a list does not say how long it lasts in all.
const BEFORE: Duration = Duration::from_secs(30 * 86_400);

impl Status {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        if self.watched.is_asked_for() {
            return self.tell(app);
        }
        let (roots, now) = (chosen(app, &self.folders)?, app.now());
        let before = self.renew_before.unwrap_or(BEFORE);
        let mut connection = if self.here { None } else { Some(Connection::open(app, None)?) };
        let mut orders = match &connection {
            Some(connection) => under_way(&connection.journal()?, &roots)?,
            None => Vec::new(),
        };
        let (mut rows, mut here, mut due, mut wrong, mut unreadable) = (Vec::new(), Vec::new(), 0, 0, 0);
        for (folder, found) in find(&roots, now) {
            let installed = match found {
                Ok(installed) => installed,
                Err(error) => {
                    let failure = Failure::from(error);
                    unreadable += 1;
                    rows.push(json!({ "folder": folder, "todo": failure.to_string(), "error": failure.error() }));
                    continue;
                }
            };
            here.extend(installed.id);
            let mut row = row(&installed);
            let there = match (&mut connection, installed.id) {
                (Some(connection), Some(id)) => certificate_of(&mut connection.client, id)?,
                _ => None,
            };
            if let Some(there) = &there {
                row["gateway"] = json!({});
                if let Some(serial) = &there.serial_number {
                    row["gateway"]["serial"] = json!(serial);
                }
            }
            let order = orders.iter().position(|(out, _)| *out == whole(&folder)).map(|at| orders.remove(at).1);
            if let Some(order) = &order {
                row["order"] = json!({ "id": order.order.id, "state": order.state.as_str() });
            }
            let todo = match &order {
                Some(order) if installed.key_fits != Some(false) => carry_on(order),
                _ => {
                    let remembered = || installed.record.settings.as_ref()?.renew_before;
                    let renew_before = self.renew_before.map(RenewBefore::Time).or_else(remembered);
                    let lifetime = Lifetime::of(installed.not_before, installed.not_after, there.as_ref());
                    todo(&installed, there.as_ref(), connection.is_some(), lifetime.is_due(renew_before, now))
                }
            };
            due += usize::from(todo.is_due);
            wrong += usize::from(todo.is_wrong);
            row["todo"] = json!(todo.text);
            rows.push(row);
        }
        // Those whose first certificate is on its way.
        for (folder, order) in &orders {
            here.extend(order.order.certificate);
            due += 1;
            rows.push(awaited(folder, order));
        }
        if let Some(connection) = &mut connection {
            let (all, _) = AccountCertificate::all(&mut connection.client)?;
            let is_elsewhere = |row: &&AccountCertificate| row.id.is_some_and(|id| !here.contains(&id));
            rows.extend(all.iter().filter(is_elsewhere).map(|certificate| elsewhere(certificate, now, before)));
        }
        if app.json() {
            app.stdout.print(&json!({ "schema": 1, "certificates": rows, "due": due }));
        } else {
            let columns = ["folder", "certificate", "name", "days", "keyFits", "gateway.serial", "todo"]
                .map(str::to_owned)
                .to_vec();
            Table::new(&app.stdout, columns).rows(&rows);
            if app.verbose {
                remembered(app, &rows);
            }
        }
        Ok(match (wrong, unreadable, due, self.renew_before) {
            (1.., ..) => Kind::CheckFailed.into(),
            (0, 1.., ..) => Kind::Usage.into(),
            (0, 0, 0, Some(_)) => Exit::unchanged("no certificate is due"),
            _ => Exit::DONE,
        })
    }
}

impl Status {
    /// Tells a monitoring system.
    fn tell(&self, app: &App) -> Result<Exit, Failure> {
        let thresholds = self.watched.thresholds()?;
        let overview = match self.look(app) {
            Err(failure) if thresholds.is_some() => {
                return Ok(ui::monitoring::verdict(app, &Verdict::unknown(failure.to_string())));
            }
            looked => looked?,
        };
        let Overview { snapshot, trouble, .. } = &overview;
        if let Some(path) = &self.watched.prometheus {
            WholeFile::beside(path, prometheus(snapshot).as_bytes(), READABLE)?.replace()?;
        }
        if let Some(path) = &self.watched.html {
            WholeFile::beside(path, page(&overview, None).as_bytes(), READABLE)?.replace()?;
        }
        match (thresholds, trouble) {
            (Some(thresholds), None) => Ok(ui::monitoring::verdict(app, &check(snapshot, &thresholds))),
            (Some(_), Some(error)) => Ok(ui::monitoring::verdict(app, &Verdict::unknown(error.to_string()))),
            (None, None) => Ok(Exit::DONE),
            (None, Some(error)) => Err(Failure::of(error)),
        }
    }

    /// Looks at what is asked for, and no further: a check needs the list of certificates only.
    fn look(&self, app: &App) -> Result<Overview, Failure> {
        let folders = folders(app, &self.folders)?;
        let mut connection = Connection::open(app, None)?;
        let (journal, client) = (connection.journal()?, &mut connection.client);
        let Watched { prometheus, html, served, .. } = &self.watched;
        if html.is_some() {
            return Ok(Overview::of(client, &journal, &folders, *served, app.now())?);
        }
        let mut snapshot = Snapshot::here(&folders, &journal, app.now())?;
        if *served {
            snapshot.look_at_servers();
        }
        let all = prometheus.is_some();
        let trouble = snapshot.ask(client, Questions { terms: all, queue: all }).err();
        Ok(Overview { snapshot, trouble, ..Overview::default() })
    }
}

/// Another user's collector reads it.
const READABLE: u32 = 0o644;

struct Todo {
    text: String,
    is_due: bool,
    is_wrong: bool,
}

fn todo(installed: &InstalledCertificate, there: Option<&Certificate>, asked: bool, is_due: bool) -> Todo {
    let say = |text: &str, is_due, is_wrong| Todo { text: text.to_owned(), is_due, is_wrong };
    if installed.key_fits == Some(false) {
        return say("the key is not the certificate's: certgate rollback, or reissue", false, true);
    }
    if let Some(serial) = there.and_then(|there| there.serial_number.as_ref())
        && !certgate_x509::is_same_serial(serial, &installed.serial)
    {
        return say(&another(installed, there), false, true);
    }
    if let Deployment::Failed { detail } = &installed.record.deployment {
        return say(&format!("not deployed ({detail}): certgate renew-due repeats the hook"), false, true);
    }
    if is_due {
        let how = if installed.id.is_some() { "certgate renew-due" } else { "renew it, with its id" };
        return say(&format!("due: {how}"), true, false);
    }
    if asked && installed.id.is_none() {
        return say("nothing; its id at the gateway is not noted", false, false);
    }
    say("nothing", false, false)
}

/// How the gateway's certificate comes into a folder that has another one.
fn another(installed: &InstalledCertificate, there: Option<&Certificate>) -> String {
    let pem = there.and_then(|there| there.server.as_deref()).unwrap_or_default();
    let has_its_key = Installation::at(&installed.folder).has_key_of(pem) || installed.key_fits.is_none();
    let id = installed.id.map_or_else(|| "ID".to_owned(), |id| id.to_string());
    let folder = shell_word(&installed.folder.display().to_string());
    if has_its_key {
        format!("the gateway has another certificate: certgate fetch {id} --out {folder}")
    } else {
        let reissue = format!("certgate reissue {id} --new-key --out {folder}");
        format!("the gateway has another certificate, whose key is not here: {reissue}")
    }
}

/// What there is to do where an order is under way.
fn carry_on(order: &Order) -> Todo {
    let (id, state) = (&order.order.id, order.state.as_str());
    Todo { text: format!("order {id} is {state}: certgate resume {id}"), is_due: true, is_wrong: false }
}

/// A folder that waits for its first certificate.
fn awaited(folder: &Path, order: &Order) -> Value {
    let state = json!({ "id": order.order.id, "state": order.state.as_str() });
    let mut row = json!({ "folder": folder, "order": state, "todo": carry_on(order).text });
    if let Some(name) = &order.order.name {
        row["name"] = json!(name);
    }
    if let Some(id) = order.order.certificate {
        row["certificate"] = json!(id);
    }
    row
}

/// A certificate that is at the gateway only.
fn elsewhere(certificate: &AccountCertificate, now: i64, before: Duration) -> Value {
    let mut row = json!({});
    if let Some(id) = certificate.id {
        row["certificate"] = json!(id);
    }
    if !certificate.name.is_empty() {
        row["name"] = json!(certificate.name);
    }
    let ends = certificate.not_after;
    let days = ends.map(|ends| (ends - now).div_euclid(86_400));
    if let Some(days) = days {
        row["days"] = json!(days);
    }
    if let Some(serial) = &certificate.serial {
        row["gateway"] = json!({ "serial": serial });
    }
    let soon = ends.is_some_and(|ends| ends_within(ends, before, now));
    row["todo"] = json!(if soon { "not here, and it ends soon: see who has it" } else { "not here" });
    row
}
