//! `certgate poll`.

use std::{path::PathBuf, time::Duration};

use certgate::{config::parse_duration, queue};
use certgate_domain::task::{PollConfirm, PollInfo};
use clap::Subcommand;

use crate::{
    app::{App, Connection},
    args::recipient::RecipientArgs,
    common::{
        exchange::{exchange_over, send},
        payload::read_file,
        queue::hand_over,
    },
    exit::{Exit, Failure},
    ui::{
        document,
        messages::{imported, not_imported},
    },
};

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
    /// Take every message off the queue, each stored safely before, and hand those of others over (exit 8 where there was none)
    #[command(after_help = "Example:\n  certgate poll drain --to messages --sandbox")]
    Drain(RecipientArgs),
    /// Do what drain does, and go on with what comes, until Ctrl-C
    #[command(
        after_help = "Examples:\n  certgate poll follow --to messages\n  certgate poll follow --exec ./handle-message"
    )]
    Follow {
        #[command(flatten)]
        to: RecipientArgs,
        /// How long to rest when the queue is empty: 10s, 1m
        #[arg(long, default_value = "10s", value_parser = parse_duration)]
        interval: Duration,
    },
    /// Take in one message that the gateway pushed or mailed, as if it had been polled (exit 8 where it was taken in before)
    #[command(
        after_help = "The message is an answer to task 0905, as XML or as JSON: which of the two, it says itself. An order of this store \
moves on by it; what is about no order of this store waits for `certgate poll drain`.

Example:
  certgate poll import pushed.xml"
    )]
    Import {
        /// The message: a file, or - for standard input
        file: PathBuf,
    },
}

impl Poll {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        match self {
            Self::Next => {
                let mut connection = Connection::open(app, None)?;
                let answered = exchange_over(app, &mut connection, &PollInfo.into())?;
                queue::check_shown(&connection.client, &answered)?;
                document::answer(app, &answered)?;
                let is_empty = answered.answer.value.data.is_empty();
                Ok(if is_empty { Exit::unchanged("the queue is empty") } else { Exit::DONE })
            }
            Self::Confirm { id } => {
                send(app, &PollConfirm::new(id).into())?;
                Ok(Exit::DONE)
            }
            Self::Drain(to) => hand_over(app, &to.recipient()?, None),
            Self::Follow { to, interval } => hand_over(app, &to.recipient()?, Some(interval)),
            Self::Import { file } => {
                let settings = app.settings()?;
                let message = read_file(&file, settings.limits().body)?;
                let codec = settings.codec(queue::protocol_of(&message))?;
                let mut journal = Connection::open(app, None)?.journal()?;
                let taken = queue::import(&mut journal, &*codec, &message);
                imported(app, taken.map_err(|error| not_imported(&file, error))?)
            }
        }
    }
}
