//! `certgate prepare`.

use std::path::PathBuf;

use certgate_domain::task::CertificatePrepareOrder;
use clap::Args;

use crate::{
    app::App,
    args::ordering::{read_csr, warn},
    common::exchange::send,
    exit::{Exit, Failure},
};

/// Check a CSR and show what validation needs (task 400110)
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  certgate prepare --csr example.com.csr --product QUICKSSLPREMIUM --sandbox")]
pub(crate) struct Prepare {
    /// The CSR, PEM; - for standard input
    #[arg(long, value_name = "FILE")]
    csr: PathBuf,
    /// The product's code
    #[arg(long)]
    product: Option<String>,
}

impl Prepare {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let (csr, facts) = read_csr(&self.csr)?;
        warn(&self.csr, &facts);
        let task = CertificatePrepareOrder::new(csr, self.product.as_deref());
        send(app, &task.into())?;
        Ok(Exit::DONE)
    }
}
