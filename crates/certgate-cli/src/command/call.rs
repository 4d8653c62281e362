//! `certgate call`, and sending one task in general.

use std::path::PathBuf;

use certgate::Kind;
use certgate_domain::{TaskKind, Verdict};
use clap::Args;

use crate::{
    app::App,
    common::{
        exchange::{exchange_with, read_task},
        payload::task_kind,
    },
    exit::{Exit, Failure},
    streams::say,
    ui::document,
};

/// Send any task, its data in the JSON API's shape
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate call certificate-info --id 571 --sandbox
  echo '{\"plain\":\"…\",\"product\":\"QUICKSSLPREMIUM\"}' | certgate call certificate-prepare-order --data -")]
pub(crate) struct Call {
    /// The task's name, as `certgate tasks` lists it
    #[arg(value_parser = task_kind)]
    task: TaskKind,
    /// The id that JSON has in the path
    #[arg(long, allow_negative_numbers = true)]
    id: Option<i64>,
    /// The data, a JSON object; - for standard input
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Ask for that detail or feature as well, such as dnsProvisioning
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<String>,
}

impl Call {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let task = read_task(app, self.task, self.id, self.data.as_deref())?;
        let exchange = exchange_with(app, &task, |options| options.keys = self.keys)?;
        document::answer(app, &exchange)?;
        if exchange.answer.value.verdict() != Some(Verdict::Accepted) {
            return Ok(Exit::DONE);
        }
        let job = exchange.answer.value.job_id();
        let which = job.map_or(String::new(), |job| format!(" {job}"));
        say(&format!("certgate: accepted and not finished: carry on with: certgate resume{which}"));
        Ok(Kind::Pending.into())
    }
}
