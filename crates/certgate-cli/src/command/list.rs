//! `certgate list`.

use certgate_domain::task::CertificateList;
use clap::Args;

use crate::{
    app::App,
    exit::{Exit, Failure},
    ui::listing::Listing,
};

/// List certificates (task 400105)
///
/// Exit 8 where there is none.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate list --filter name=*.example.com --order expire --all
  certgate list --sandbox --output json")]
pub(crate) struct List {
    #[command(flatten)]
    listing: Listing,
}

impl List {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let columns = ["id", "name", "product", "expire", "orderId"];
        self.listing.run(app, &columns, |query| CertificateList { query }.into())
    }
}
