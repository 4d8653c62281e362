//! `certgate call`, and sending one task in general.

use std::path::PathBuf;

use certgate::CertificateSelector;
use certgate_domain::{TaskKind, Verdict};
use clap::Args;

use crate::{
    app::{App, Connection},
    args::task_kind,
    common::exchange::{exchange_over, read_task, task_id},
    exit::{Exit, Failure, Kind},
    streams::say,
    ui::{command_line::options, document},
};

/// Send any task, its data in the JSON API's shape
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate call certificate-info --id 571 --sandbox
  echo '{\"plain\":\"…\",\"product\":\"QUICKSSLPREMIUM\"}' |
    certgate call certificate-prepare-order --data -")]
pub(crate) struct Call {
    /// The task's name, as `certgate tasks` lists it
    #[arg(value_parser = task_kind)]
    task: TaskKind,
    /// The id that JSON has in the path; for a certificate its name will do where only one has it
    #[arg(long, value_name = "ID|NAME", allow_negative_numbers = true)]
    id: Option<CertificateSelector>,
    /// The data, a JSON object; - for standard input
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Ask for that detail or feature as well, such as dnsProvisioning
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<String>,
}

impl Call {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let mut connection = Connection::open(app, None)?;
        let id = task_id(&mut connection.client, self.task, self.id.as_ref())?;
        let task = read_task(app, self.task, id, self.data.as_deref())?;
        connection.client.options_mut().keys = self.keys;
        let exchange = exchange_over(app, &mut connection, &task)?;
        document::answer(app, &exchange)?;
        if exchange.answer.value.verdict() != Some(Verdict::Accepted) {
            return Ok(Exit::DONE);
        }
        let job = exchange.answer.value.job_id();
        let which = job.map_or(String::new(), |job| format!(" {job}"));
        let options = options(&app.settings()?);
        say(&format!("certgate: accepted and not finished: carry on with: certgate resume{options}{which}"));
        Ok(Kind::Pending.into())
    }
}
