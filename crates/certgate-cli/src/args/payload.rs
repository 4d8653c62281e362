//! What a payload is, where it does not say so itself.

use certgate::payload::{PayloadHints, Side};
use certgate_domain::{Protocol, TaskKind};
use clap::Args;

use super::{side, task_kind};

#[derive(Debug, Args)]
pub(crate) struct PayloadArgs {
    /// The task of all that is in it [default: what the payload says]
    #[arg(long, value_parser = task_kind)]
    task: Option<TaskKind>,
    /// The side of the exchange that it is [default: what the payload says]
    #[arg(long, value_parser = side())]
    side: Option<Side>,
}

impl PayloadArgs {
    /// The same, of a payload of that protocol, where one is given.
    pub(crate) fn of(&self, protocol: Option<Protocol>) -> PayloadHints {
        PayloadHints { protocol, side: self.side, task: self.task }
    }
}
