//! `certgate create`.

use std::path::PathBuf;

use clap::Args;

use crate::{
    app::App,
    args::{
        key::Keys,
        ordering::{Ordering, of_new},
    },
    common::order::{Action, place},
    exit::{Exit, Failure},
};

/// Order a new certificate
///
/// The same steps as of a reissue: check the CSR, order, wait, fetch, verify, write.
#[derive(Debug, Args)]
#[command(mut_args(of_new))]
#[command(after_help = "It needs --product, --admin, --technical, and a CSR or a key.

Examples:
  certgate create --csr example.com.csr --product QUICKSSLPREMIUM \\
    --admin 1120 --technical 1120 --lifetime 12 --sandbox
  certgate create --new-key --name example.com --out certificates/example.com \\
    --product QUICKSSLPREMIUM --admin 1120 --technical 1120 --sandbox")]
pub(crate) struct Create {
    /// The CSR, PEM; - for standard input
    #[arg(long, value_name = "FILE")]
    csr: Option<PathBuf>,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    ordering: Ordering,
}

impl Create {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        place(app, &self.ordering, &Action::Create, self.csr, &self.keys)
    }
}
