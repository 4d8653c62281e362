//! `certgate poll`.

use certgate_client::Kind;
use certgate_domain::task::{PollConfirm, PollInfo};
use clap::Subcommand;

use crate::{arguments::Global, command::call::send, failure::Failure};

/// The account's queue of notifications
#[derive(Debug, Subcommand)]
pub(crate) enum Poll {
    /// Show the first message; it stays in the queue (exit 8 where there is none)
    #[command(after_help = "Example:\n  certgate poll next --output json")]
    Next,
    /// Take a message off the queue: do it only when it is handled
    #[command(after_help = "Example:\n  certgate poll confirm 1405661")]
    Confirm {
        /// The message's id
        id: i64,
    },
}

impl Poll {
    pub(crate) fn run(self, global: &Global) -> Result<u8, Failure> {
        match self {
            Self::Next => {
                let exchange = send(global, &PollInfo.into())?;
                Ok(if exchange.answer.value.data.is_empty() { Kind::Unchanged.exit_code() } else { 0 })
            }
            Self::Confirm { id } => {
                send(global, &PollConfirm::new(id).into())?;
                Ok(0)
            }
        }
    }
}
