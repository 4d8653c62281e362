//! `certgate renew`.

use std::path::PathBuf;

use certgate::CertificateSelector;
use clap::Args;

use crate::{
    app::App,
    args::{key::Keys, ordering::Ordering},
    common::order::{Action, place},
    exit::{Exit, Failure},
};

/// Renew a certificate for another term
///
/// The gateway takes it from 90 days before the end of the term.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate renew 571 --csr example.com.csr --out certificates/example.com
  certgate renew 571 --sandbox")]
pub(crate) struct Renew {
    /// The certificate's id, or its name where only one has it
    #[arg(value_name = "ID|NAME")]
    certificate: CertificateSelector,
    /// The CSR, PEM; - for standard input [default: the certificate's, and with it the same key]
    #[arg(long, value_name = "FILE")]
    csr: Option<PathBuf>,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    ordering: Ordering,
}

impl Renew {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        place(app, &self.ordering, &Action::Renew(self.certificate), self.csr, &self.keys)
    }
}
