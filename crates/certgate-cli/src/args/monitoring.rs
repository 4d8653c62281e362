//! What is watched, and how it is told.

use std::{path::PathBuf, time::Duration};

use certgate::{config::parse_duration, monitoring::Thresholds};
use clap::Args;

use crate::exit::Failure;

/// What is told to a monitoring system.
#[derive(Debug, Args)]
pub(crate) struct Watched {
    /// Say in one line how all certificates of the account stand, by the rule of monitoring plugins: exit 0 is ok, 1 warning, 2
    /// critical, 3 unknown
    #[arg(long, conflicts_with_all = ["here", "renew_before"])]
    pub(crate) check: bool,
    /// What ends within this time is a warning (for --check)
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "30d", requires = "check")]
    warning: Duration,
    /// What ends within this time is critical (for --check)
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "7d", requires = "check")]
    critical: Duration,
    /// Write what is watched into this file as metrics in Prometheus' text format; the file is replaced whole
    #[arg(long, value_name = "FILE", conflicts_with_all = ["here", "renew_before"])]
    pub(crate) prometheus: Option<PathBuf>,
    /// Write a page for people into this HTML file: certificates, orders, the queue; the file is replaced whole
    #[arg(long, value_name = "FILE", conflicts_with_all = ["here", "renew_before"])]
    pub(crate) html: Option<PathBuf>,
    /// Look also at what is served where the sets in place are noted to be served
    #[arg(long)]
    pub(crate) served: bool,
}

impl Watched {
    /// Whether a monitoring system is told, in place of a person.
    pub(crate) fn is_asked_for(&self) -> bool {
        self.check || self.prometheus.is_some() || self.html.is_some()
    }

    /// The thresholds of a check, where one is asked for.
    ///
    /// # Errors
    /// They are the wrong way round.
    pub(crate) fn thresholds(&self) -> Result<Option<Thresholds>, Failure> {
        if self.warning < self.critical {
            return Err(Failure::usage("--warning is less than --critical: what is critical is a warning before"));
        }
        Ok(self.check.then_some(Thresholds { warning: self.warning, critical: self.critical }))
    }
}
