//! `certgate delete`.

use certgate::{Carry, drive};
use certgate_domain::{AnyTask, TaskKind, task};
use clap::Args;

use crate::{
    args::Global,
    command::order::{Waiting, show_requests},
    connection::Connection,
    exit::Failure,
    progress::Progress,
    report::Report,
    ui::confirm::ask,
};

/// Delete a certificate and its order
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  certgate delete 571 --yes --sandbox")]
pub(crate) struct Delete {
    /// The certificate's id
    id: i64,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    waiting: Waiting,
    /// Order the deletion, and do not wait for it
    #[arg(long)]
    no_wait: bool,
    /// Show the requests and delete nothing
    #[arg(long, conflicts_with = "no_wait")]
    dry_run: bool,
}

impl Delete {
    pub(crate) fn run(self, global: &Global) -> Result<u8, Failure> {
        if !self.dry_run {
            ask(self.yes, &format!("Delete certificate {} and its order? It cannot be undone.", self.id))?;
        }
        self.waiting.check_spool()?;
        let mut connection = Connection::open(global, Some(self.waiting.timeout))?;
        let client = &mut connection.client;
        if self.dry_run {
            let tasks: [AnyTask; 4] = [
                task::CertificateInfo::new(self.id).into(),
                task::CertificateDelete::new(self.id).into(),
                task::PollInfo.into(),
                task::PollConfirm::default().into(),
            ];
            show_requests(global, client, &tasks, &[]);
            return Ok(0);
        }
        let foreign = self.waiting.foreign.into();
        let mut flow = certgate_flow::Delete::new(self.id, foreign, self.waiting.timeout, !self.no_wait);
        let progress = Progress::new(global, client, self.waiting.spool.clone());
        let mut progress = progress.writing(connection.ledger()?, Carry::default());
        let ended = drive(&mut connection.client, &mut flow, &mut progress);
        progress.finish();
        let report = Report {
            certificate: Some(self.id),
            job: flow.job(),
            name: flow.name(),
            ..progress.report(TaskKind::CertificateDelete, None, self.waiting.timeout)
        };
        let (shown, stands) = report.close(ended, flow.is_ordered());
        if let Some((state, detail)) = stands {
            progress.note(state, &detail);
        }
        shown?.print(global)
    }
}
