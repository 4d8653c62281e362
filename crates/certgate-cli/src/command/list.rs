//! `certgate list`.

use std::time::Duration;

use certgate::config::parse_duration;
use certgate_domain::{QueryFilter, task::CertificateList, words::Operator};
use clap::Args;

use crate::{
    app::{App, Connection},
    exit::{Exit, Failure},
    ui::{document::day, listing::Listing},
};

/// List certificates (task 400105)
///
/// Exit 8 where there is none.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate list --filter name=*.example.com --order expire --all
  certgate list --expiring 60d --all
  certgate list --sandbox --output json")]
pub(crate) struct List {
    #[command(flatten)]
    listing: Listing,
    /// Only those that end from today on and within that time, in whole days (UTC); the first to end comes first, unless --order says
    /// otherwise
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    expiring: Option<Duration>,
}

impl List {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let columns = ["id", "name", "product", "expire", "orderId"];
        // The tape is open then, whose time counts in a replay.
        let connection = Connection::open(app, None)?;
        let listing = match self.expiring {
            None => self.listing,
            Some(within) => self.listing.of(ending(app.now(), within), "expire"),
        };
        listing.run(app, connection, &columns, |query| CertificateList { query }.into())
    }
}

/// What is asked for where the end is to be within that time: days, since the protocols write the time of day differently.
fn ending(now: i64, within: Duration) -> [QueryFilter; 2] {
    let after = now.saturating_add_unsigned(within.as_secs()).saturating_add(86_400);
    [(Operator::GreaterEqual, now), (Operator::Less, after)]
        .map(|(operator, time)| QueryFilter::new("expire", operator, day(time)))
}
