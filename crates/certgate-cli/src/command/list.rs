//! `certgate list`.

use certgate_domain::task::CertificateList;
use clap::Args;

use crate::{args::Global, exit::Failure, ui::listing::Listing};

/// List certificates (exit 8 where there is none)
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate list --filter name=*.example.com --order expire --all
  certgate list --sandbox --output json")]
pub(crate) struct List {
    #[command(flatten)]
    listing: Listing,
}

impl List {
    pub(crate) fn run(self, global: &Global) -> Result<u8, Failure> {
        let columns = ["id", "name", "product", "expire", "orderId"];
        self.listing.run(global, &columns, |query| CertificateList { query }.into())
    }
}
