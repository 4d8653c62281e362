//! `certgate status`.

use std::{path::PathBuf, time::Duration};

use certgate_client::{Client, Error, Kind};
use certgate_domain::{Certificate, task::CertificateInfo};
use clap::Args;
use serde_json::json;

use crate::{
    arguments::Global,
    command::order::duration,
    connection::Connection,
    document,
    failure::Failure,
    folders::{Installed, chosen, find},
    table::Table,
};

/// The certificates of folders and at the gateway: how long they last, whether they match, and what to do
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate status /etc/certificates
  certgate status /etc/certificates --here --renew-before 30d")]
pub(crate) struct Status {
    /// Folders of certificates, or folders of such [default: the profile's `certificates`]
    folders: Vec<PathBuf>,
    /// Look at the folders only: do not ask the gateway
    #[arg(long)]
    here: bool,
    /// What ends within this time is due; exit 8 where nothing is
    #[arg(long, value_name = "TIME", value_parser = duration)]
    renew_before: Option<Duration>,
}

/// What ends sooner is due where nothing else is said.
const BEFORE: Duration = Duration::from_secs(30 * 86_400);

impl Status {
    pub(crate) fn run(self, global: &Global) -> Result<u8, Failure> {
        let found = find(&chosen(global, &self.folders)?, global.now())?;
        let mut connection = if self.here { None } else { Some(Connection::open(global, None)?) };
        let (mut rows, mut due, mut wrong) = (Vec::new(), 0, 0);
        for installed in &found {
            let mut row = installed.row();
            let there = match (&mut connection, installed.id) {
                (Some(connection), Some(id)) => at_gateway(&mut connection.client, id)?,
                _ => None,
            };
            if let Some(there) = &there {
                row["gateway"] = json!({});
                if let Some(serial) = &there.serial_number {
                    row["gateway"]["serial"] = json!(serial);
                }
            }
            let todo = todo(installed, there.as_ref(), connection.is_some(), self.renew_before.unwrap_or(BEFORE));
            due += usize::from(todo.is_due);
            wrong += usize::from(todo.is_wrong);
            row["todo"] = json!(todo.text);
            rows.push(row);
        }
        if global.json() {
            document::print(&json!({ "schema": 1, "certificates": rows, "due": due }));
        } else {
            let columns = ["folder", "name", "days", "keyFits", "gateway.serial", "todo"].map(str::to_owned).to_vec();
            Table::new(columns).rows(&rows);
        }
        Ok(match (wrong, due, self.renew_before) {
            (1.., _, _) => Kind::CheckFailed.exit_code(),
            (0, 0, Some(_)) => Kind::Unchanged.exit_code(),
            _ => 0,
        })
    }
}

struct Todo {
    text: String,
    is_due: bool,
    is_wrong: bool,
}

fn todo(installed: &Installed, there: Option<&Certificate>, asked: bool, before: Duration) -> Todo {
    let say = |text: &str, is_due, is_wrong| Todo { text: text.to_owned(), is_due, is_wrong };
    if installed.key_fits == Some(false) {
        return say("the key is not the certificate's: certgate rollback, or reissue", false, true);
    }
    if let Some(serial) = there.and_then(|there| there.serial_number.as_ref())
        && !serial.eq_ignore_ascii_case(&installed.serial)
    {
        return say("the gateway has another certificate: certgate resume, or reissue", false, true);
    }
    if installed.days < i64::try_from(before.as_secs() / 86_400).unwrap_or(i64::MAX) {
        let how = if installed.id.is_some() { "certgate renew-due" } else { "renew it, with its id" };
        return say(&format!("due: {how}"), true, false);
    }
    if asked && installed.id.is_none() {
        return say("nothing; its id at the gateway is not noted", false, false);
    }
    say("nothing", false, false)
}

/// The gateway's certificate; none where it has none of that id.
fn at_gateway(client: &mut Client, id: i64) -> Result<Option<Certificate>, Failure> {
    match client.call(CertificateInfo::new(id)) {
        Ok(answer) => Ok(answer.value.data.into_iter().next()),
        Err(Error::Refused(refusal)) if !refusal.auth => Ok(None),
        Err(error) => Err(error.into()),
    }
}
