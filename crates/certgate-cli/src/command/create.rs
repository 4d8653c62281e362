//! `certgate create`.

use std::path::PathBuf;

use clap::Args;

use crate::{
    app::App,
    args::{key::Keys, ordering::Ordering},
    common::order::{Action, place},
    exit::{Exit, Failure},
};

/// Order a new certificate
///
/// The same steps as of a reissue: check the CSR, order, wait, fetch, verify, write.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  certgate create --csr example.com.csr --product QUICKSSLPREMIUM --admin 1120 --technical 1120 --lifetime 12 --sandbox")]
pub(crate) struct Create {
    /// The CSR, PEM; - for standard input
    #[arg(long, value_name = "FILE", required_unless_present_any = ["new_key", "key"])]
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
