//! `certgate delete`.

use std::time::Duration;

use certgate::{CertificateSelector, RunItem, config::parse_duration, estate::Task};
use certgate_domain::{AnyTask, TaskKind, task};
use clap::Args;

use crate::{
    app::App,
    args::ordering::Queue,
    common::{
        order::drive_one,
        rehearsal::show_requests,
        share::{How, Share},
    },
    exit::{Exit, Failure},
    ui::{confirm::ask, outcome::Asked},
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
        let mut share = Share::own(app, timeout)?;
        let id = self.certificate.find(share.client())?;
        if self.dry_run {
            let tasks: [AnyTask; 4] = [
                task::CertificateInfo::new(id).into(),
                task::CertificateDelete::new(id).into(),
                task::PollInfo.into(),
                task::PollConfirm::default().into(),
            ];
            show_requests(app, share.client(), &tasks);
            return Ok(Exit::DONE);
        }
        let flow = Box::new(certgate_flow::Delete::new(id, timeout, !self.no_wait));
        let item = RunItem::new(share.id(), TaskKind::CertificateDelete, flow);
        let asked = Asked { timeout, subject: format!("certificate {}", self.certificate), ..Asked::default() };
        share.tasks = vec![Task::driving(item)];
        let how = How { timeout, wait: !self.no_wait, queue: &self.queue };
        drive_one(app, &mut share, &how, asked)
    }
}
