//! `certgate reissue`.

use std::path::PathBuf;

use certgate_flow::Purpose;
use clap::Args;

use crate::{
    app::App,
    args::{key::Keys, ordering::Ordering},
    common::order::place,
    exit::{Exit, Failure},
};

/// Reissue a certificate with a new CSR: check, order, wait, confirm, fetch, verify, write
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate reissue 571 --csr example.com.csr --out certificates/example.com
  certgate reissue 571 --new-key --out /etc/certificates/example.com --deploy-hook 'systemctl reload nginx'
  certgate reissue 571 --csr example.com.csr --dry-run --transport xml
  certgate reissue 571 --csr example.com.csr --sandbox --output json")]
pub(crate) struct Reissue {
    /// The certificate's id
    id: i64,
    /// The CSR, PEM; - for standard input
    #[arg(long, value_name = "FILE", required_unless_present_any = ["new_key", "key"])]
    csr: Option<PathBuf>,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    ordering: Ordering,
}

impl Reissue {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        place(app, &self.ordering, Purpose::Reissue(self.id), self.csr, &self.keys)
    }
}
