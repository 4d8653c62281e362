//! `certgate delete`.

use std::time::Duration;

use certgate::{CertificateSelector, RunItem, config::parse_duration};
use certgate_domain::{AnyTask, TaskKind, task};
use certgate_store::ResumeData;
use clap::Args;

use crate::{
    app::{App, Connection},
    args::ordering::Queue,
    common::order::{drive_one, show_requests},
    exit::{Exit, Failure},
    ui::{confirm::ask, outcome::Asked, progress::Progress},
};

/// Delete a certificate and its order
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  certgate delete 571 --yes --sandbox")]
pub(crate) struct Delete {
    /// The certificate's id, or its name where only one has it
    #[arg(value_name = "ID|NAME")]
    certificate: CertificateSelector,
    /// Do it without asking
    #[arg(short, long)]
    yes: bool,
    /// How long to wait in all: 90s, 30m, 2h
    #[arg(long, default_value = "30m", value_parser = parse_duration)]
    timeout: Duration,
    #[command(flatten)]
    queue: Queue,
    /// Order the deletion, and do not wait for it
    #[arg(long)]
    no_wait: bool,
    /// Show the requests and delete nothing
    #[arg(long, conflicts_with = "no_wait")]
    dry_run: bool,
}

impl Delete {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        if !self.dry_run {
            ask(self.yes, &format!("Delete certificate {} and its order? It cannot be undone.", self.certificate))?;
        }
        self.queue.check()?;
        let timeout = self.timeout;
        let mut connection = Connection::open(app, Some(timeout))?;
        let id = self.certificate.find(&mut connection.client)?;
        if self.dry_run {
            let tasks: [AnyTask; 4] = [
                task::CertificateInfo::new(id).into(),
                task::CertificateDelete::new(id).into(),
                task::PollInfo.into(),
                task::PollConfirm::default().into(),
            ];
            show_requests(app, &connection.client, &tasks, &[]);
            return Ok(Exit::DONE);
        }
        let item = RunItem {
            id: connection.id(),
            task: TaskKind::CertificateDelete,
            flow: Box::new(certgate_flow::Delete::new(id, timeout, !self.no_wait)),
            install: None,
            resume: ResumeData::default(),
            batch: None,
            claim: None,
            validation: certgate::validation::Validation::default(),
            is_recorded: true,
        };
        let asked = Asked { timeout, subject: format!("certificate {}", self.certificate), ..Asked::default() };
        let mut progress = Progress::of_one(app, asked);
        let options = self.queue.options(app.run_options()?);
        let shown = drive_one(&mut connection, item, options, &mut progress);
        shown?.print(app, &progress.findings)
    }
}
