//! `certgate batch`.

use std::{collections::HashMap, path::PathBuf, time::Duration};

use certgate::{
    OrderRequest,
    batch::{BatchError, BatchTask, read, tasks},
    config::parse_duration,
};
use certgate_x509::CertificateRequest;
use clap::Args;

use crate::{
    app::App,
    args::{notify::Notify, ordering::Queue, validation::check_zones},
    common::{
        notify::told,
        several::{self, Several},
    },
    exit::{Exit, Failure},
    streams::say,
};

/// Many orders, at the gateway's pace
///
/// Run again, it does only what is left.
#[derive(Debug, Args)]
#[command(
    after_help = "A file has an order a line, as TOML ([[order]]), JSON lines or CSV, with id, action (create, reissue where an id is given, or
renew) and every option of these commands as a column: --deploy-hook is deploy_hook. Paths start from the file's folder.

Example:
  certgate batch certificates.csv --report report.jsonl"
)]
pub(crate) struct Batch {
    /// The file: .toml, .jsonl or .csv
    file: PathBuf,
    /// How long to wait in all: 30m, 12h
    #[arg(long, default_value = "12h", value_parser = parse_duration)]
    timeout: Duration,
    /// Write what became of each order into this file as JSON lines
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Order anew what the same file ordered before. Interrupted, the same command does what is left of that
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    queue: Queue,
    #[command(flatten)]
    notify: Notify,
}

impl Batch {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let ended = self.go(app);
        told(app, &self.notify, ended)
    }

    fn go(&self, app: &App) -> Result<Exit, Failure> {
        let orders = read(&self.file, app.config.as_deref()).map_err(|why| Failure::usage(why.to_string()))?;
        orders.iter().try_for_each(|order| check_zones(app, &order.request))?;
        self.queue.check()?;
        let report = self
            .report
            .as_deref()
            .map(|path| certgate_files::open_to_append(path).map_err(|why| Failure::usage(format!("--report {why}"))));
        let report = report.transpose()?;
        let (mut clients, home) = several::open(app, self.timeout, orders.len())?;
        let mut journal = home.journal()?;
        let entries = tasks(orders, &journal, self.again)?;
        self.check(&entries)?;
        let (mut tasks, mut details) = (Vec::new(), HashMap::new());
        for BatchTask { task, changed, .. } in entries {
            if !changed.is_empty() {
                let detail = format!("done before; {}: --again orders anew", changed.join("; "));
                details.insert(task.id.clone(), detail);
            }
            tasks.push(task);
        }
        let several = Several { timeout: self.timeout, queue: &self.queue, report, details };
        several.drive(app, &mut clients, &mut journal, tasks)
    }

    /// What would go wrong with what is to be ordered, before anything is.
    fn check(&self, tasks: &[BatchTask]) -> Result<(), Failure> {
        let placed = || tasks.iter().filter_map(|task| Some((&task.place, task.request()?)));
        let problem = |(place, request): (&String, &OrderRequest)| {
            Some(format!("{place}: {}", Failure::from(request.check().err()?)))
        };
        let problems: Vec<String> = placed().filter_map(problem).collect();
        if !problems.is_empty() {
            return Err(Failure::usage(BatchError::of_lines(&self.file, &problems).to_string()));
        }
        for (place, request) in placed() {
            let csr = request.csr.iter().map(|(_, csr)| csr);
            for warning in csr.flat_map(CertificateRequest::warnings) {
                say(&format!("certgate: warning: {place}: {warning}"));
            }
        }
        Ok(())
    }
}
