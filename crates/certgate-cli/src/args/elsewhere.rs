//! An order that is not in the store.

use std::path::PathBuf;

use certgate::{CertificateSelector, Client, ElsewhereOrder, InstallOptions};
use clap::Args;

use super::ordering::csr_file;
use crate::exit::Failure;

/// What is known of an order that was made elsewhere.
#[derive(Debug, Args)]
pub(crate) struct Elsewhere {
    /// For an order that is not in the store: the certificate's id, or its name where only one has it
    #[arg(long, value_name = "ID|NAME")]
    certificate: Option<CertificateSelector>,
    /// For an order that is not in the store: the name of a new certificate
    #[arg(long)]
    name: Option<String>,
    /// For an order that is not in the store: its CSR, PEM [default: the certificate's own]
    #[arg(long, value_name = "FILE")]
    pub(crate) csr: Option<PathBuf>,
}

impl Elsewhere {
    /// Whether such an order is meant.
    pub(crate) fn is_given(&self) -> bool {
        self.certificate.is_some() || self.name.is_some()
    }

    /// The order, whose job may be known: what is not told is asked of the gateway.
    ///
    /// # Errors
    /// The job is no number, the CSR cannot be read, there is no such certificate, or too little is known.
    pub(crate) fn order(
        &self,
        job: Option<&str>,
        install: Option<InstallOptions>,
        client: &mut Client,
    ) -> Result<ElsewhereOrder, Failure> {
        let number = |job: &str| {
            job.parse::<i64>().map_err(|_| Failure::usage(format!("job `{job}`: expected a number, the job's id")))
        };
        let job = job.map(number).transpose()?;
        let request = self.csr.as_deref().map(csr_file).transpose()?;
        let certificate = self.certificate.as_ref().map(|certificate| certificate.find(client)).transpose()?;
        if certificate.is_none() && request.is_none() {
            return Err(Failure::usage("a new certificate needs --csr, the CSR it was ordered with"));
        }
        Ok(ElsewhereOrder { certificate, job, name: self.name.clone(), request, install })
    }
}
