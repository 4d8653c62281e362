//! Which orders of the store are shown.

use std::time::Duration;

use certgate::{CertificateSelector, OrderFilter, config::parse_duration, unix_now};
use certgate_store::State;
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};

/// The options that choose orders of the store.
#[derive(Debug, Args)]
pub(crate) struct OrderSelection {
    /// Only those that are not finished
    #[arg(long)]
    unfinished: bool,
    /// Only those in that state; may be given several times
    #[arg(long, value_name = "STATE", value_parser = state())]
    state: Vec<State>,
    /// Only those of that account, as `--output json` shows it, or of USER@CONTEXT at any gateway
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Only those about that certificate
    #[arg(long, value_name = "ID|NAME", allow_negative_numbers = true)]
    certificate: Option<CertificateSelector>,
    /// Only those that changed within that time, such as 7d
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    since: Option<Duration>,
    /// So many at most: those that were placed last
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
}

fn state() -> impl TypedValueParser<Value = State> {
    let named = |name: String| State::by_name(&name).ok_or("no such state");
    PossibleValuesParser::new(State::ALL.map(State::as_str)).try_map(named)
}

impl From<OrderSelection> for OrderFilter {
    fn from(OrderSelection { unfinished, state, account, certificate, since, limit }: OrderSelection) -> Self {
        let milliseconds = |since: Duration| i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Self {
            unfinished,
            states: state,
            account,
            certificate,
            since: since.map(|since| unix_now().saturating_sub(milliseconds(since))),
            limit: limit.map(|limit| limit as usize),
        }
    }
}
