//! `certgate resume`.

use std::path::PathBuf;

use certgate_client::{Kind, drive};
use certgate_domain::{TaskKind, task::CertificateInfo};
use certgate_flow::{Awaited, Wait};
use certgate_x509::CertificateRequest;
use clap::Args;

use crate::{
    arguments::Global,
    command::order::{Waiting, read_csr},
    connection::Connection,
    failure::Failure,
    progress::Progress,
    report::Report,
};

/// Carry on waiting for an order that was accepted earlier
#[derive(Debug, Args)]
#[command(after_help = "Example:
  certgate resume 4297539521 --certificate 571 --csr example.com.csr --out certificates/example.com")]
pub(crate) struct Resume {
    /// The job's id; without it the certificate is looked at until it has the CSR's key
    job: Option<i64>,
    /// The certificate's id; a new one has none yet
    #[arg(long, value_name = "ID", required_unless_present = "name")]
    certificate: Option<i64>,
    /// The name of a new certificate
    #[arg(long)]
    name: Option<String>,
    /// The CSR the order was made with, PEM [default: the certificate's own]
    #[arg(long, value_name = "FILE", required_unless_present = "certificate")]
    csr: Option<PathBuf>,
    #[command(flatten)]
    waiting: Waiting,
}

impl Resume {
    pub(crate) fn run(self, global: &Global) -> Result<u8, Failure> {
        let read = self.csr.as_deref().map(read_csr).transpose()?;
        self.waiting.check()?;
        let mut connection = Connection::open(global, Some(self.waiting.timeout))?;
        let client = &mut connection.client;
        let request = match read {
            Some((_, request)) => request,
            None => own_request(client, self.certificate.unwrap_or_default())?,
        };
        let awaited = Awaited {
            certificate: self.certificate,
            job: self.job,
            stid: None,
            name: self.name.clone(),
            key: Some(request.key.spki.clone()),
        };
        let mut flow = Wait::new(awaited, self.waiting.foreign.into(), self.waiting.timeout).resumed();
        let mut progress = Progress::new(global, client, Some(self.waiting.spool_folder()?)).ordered();
        let ended = drive(client, &mut flow, &mut progress);
        progress.finish();
        let report = Report {
            global,
            task: TaskKind::CertificateReissue,
            certificate: self.certificate,
            request: Some(&request),
            ctid: None,
            job: self.job,
            name: self.name.as_deref(),
            csr: self.csr.clone(),
            waiting: &self.waiting,
            progress: &progress,
        };
        match ended {
            Ok(ending) => report.end(ending),
            Err(error) => Err(report.left_behind(error.into())),
        }
    }
}

/// A renewal without a CSR of its own keeps the certificate's.
fn own_request(client: &mut certgate_client::Client, certificate: i64) -> Result<CertificateRequest, Failure> {
    let answer = client.call(CertificateInfo::new(certificate))?;
    let csr = answer.value.data.into_iter().find_map(|certificate| certificate.csr);
    let csr = csr.ok_or_else(|| Failure::usage("the gateway does not say the certificate's CSR: give --csr"))?;
    CertificateRequest::from_pem(&csr).map_err(|why| {
        Failure::new(Kind::Usage, format!("the certificate's own CSR cannot be used ({why}): give --csr"))
    })
}
