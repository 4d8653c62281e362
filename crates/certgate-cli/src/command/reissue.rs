//! `certgate reissue`.

use std::path::PathBuf;

use certgate::CertificateSelector;
use clap::Args;

use crate::{
    app::App,
    args::{key::Keys, ordering::Ordering},
    common::order::{Action, place},
    exit::{Exit, Failure},
};

/// Reissue a certificate: check, order, wait, fetch, verify, write
///
/// It takes the place of the certificate within the paid term, which is free. Of its messages in the queue it confirms its own.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate reissue 571 --csr example.com.csr --out certificates/example.com
  certgate reissue 571 --new-key --out /etc/certificates/example.com \\
    --deploy-hook 'systemctl reload nginx'
  certgate reissue 571 --csr example.com.csr --dry-run --transport xml
  certgate reissue 571 --csr example.com.csr --sandbox --output json")]
pub(crate) struct Reissue {
    /// The certificate's id, or its name where only one has it
    #[arg(value_name = "ID|NAME")]
    certificate: CertificateSelector,
    /// The CSR, PEM; - for standard input
    #[arg(long, value_name = "FILE")]
    csr: Option<PathBuf>,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    ordering: Ordering,
}

impl Reissue {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        place(app, &self.ordering, &Action::Reissue(self.certificate), self.csr, &self.keys)
    }
}
