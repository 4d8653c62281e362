//! `certgate renew`.

use std::path::PathBuf;

use certgate_flow::Purpose;
use clap::Args;

use crate::{
    app::App,
    args::{key::Keys, ordering::Ordering},
    common::order::place,
    exit::{Exit, Failure},
};

/// Renew a certificate for another term, from 90 days before its end
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate renew 571 --csr example.com.csr --out certificates/example.com
  certgate renew 571 --sandbox")]
pub(crate) struct Renew {
    /// The certificate's id
    id: i64,
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
        place(app, &self.ordering, Purpose::Renew(self.id), self.csr, &self.keys)
    }
}
