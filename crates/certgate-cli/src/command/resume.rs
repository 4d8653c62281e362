//! `certgate resume`.

use std::path::PathBuf;

use certgate_client::drive;
use certgate_flow::Wait;
use clap::Args;

use crate::{
    arguments::Global,
    command::reissue::{Report, Waiting, read_csr},
    connection::Connection,
    failure::Failure,
    progress::Progress,
};

/// Carry on waiting for an order that was accepted earlier
#[derive(Debug, Args)]
#[command(after_help = "Example:
  certgate resume 4297539521 --certificate 571 --csr example.com.csr --out certificates/example.com")]
pub(crate) struct Resume {
    /// The job's id; without it the certificate is looked at until it has the CSR's key
    job: Option<i64>,
    /// The certificate's id
    #[arg(long, value_name = "ID")]
    certificate: i64,
    /// The CSR the order was made with, PEM
    #[arg(long, value_name = "FILE")]
    csr: PathBuf,
    #[command(flatten)]
    waiting: Waiting,
}

impl Resume {
    pub(crate) fn run(self, global: &Global) -> Result<u8, Failure> {
        let (_, request) = read_csr(&self.csr)?;
        self.waiting.check()?;
        let mut connection = Connection::open(global, Some(self.waiting.timeout))?;
        let client = &mut connection.client;
        let deadline = self.waiting.timeout;
        let foreign = self.waiting.foreign.into();
        let mut flow = Wait::new(self.certificate, self.job, None, None, &request, foreign, deadline).resumed();
        let mut progress = Progress::new(global, client, Some(self.waiting.spool_folder()?)).ordered();
        let ended = drive(client, &mut flow, &mut progress);
        progress.finish();
        let report = Report {
            global,
            certificate: self.certificate,
            request: &request,
            ctid: None,
            job: self.job,
            name: None,
            csr: &self.csr,
            waiting: &self.waiting,
            progress: &progress,
        };
        match ended {
            Ok(ending) => report.end(ending),
            Err(error) => Err(report.left_behind(error.into())),
        }
    }
}
