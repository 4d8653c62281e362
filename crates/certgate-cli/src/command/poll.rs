//! `certgate poll`.

use std::{path::PathBuf, time::Duration};

use certgate_client::{Client, Error, Exchange, Kind, Spool};
use certgate_domain::{
    AnyData, AnyTask, PollMessage,
    task::{PollConfirm, PollInfo},
};
use certgate_wire::Finding;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    arguments::Global,
    command::{call::send, order::duration},
    connection::Connection,
    document,
    failure::Failure,
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
    /// Take every message off the queue, each stored safely before (exit 8 where there was none)
    #[command(after_help = "Example:\n  certgate poll drain --to messages --sandbox")]
    Drain(To),
    /// The same, and go on until Ctrl-C
    #[command(after_help = "Example:\n  certgate poll follow --to messages")]
    Follow {
        #[command(flatten)]
        to: To,
        /// How long to rest when the queue is empty: 10s, 1m
        #[arg(long, default_value = "10s", value_parser = duration)]
        interval: Duration,
    },
}

/// Where messages go.
#[derive(Debug, Args)]
pub(crate) struct To {
    /// The folder: one file a message, written and synced before the message is confirmed
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
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
            Self::Drain(to) => take(global, &to, None),
            Self::Follow { to, interval } => take(global, &to, Some(interval)),
        }
    }
}

/// Takes messages until the queue is empty, or for good where an interval is given.
fn take(global: &Global, to: &To, interval: Option<Duration>) -> Result<u8, Failure> {
    let mut connection = Connection::open(global, None)?;
    let mut taking =
        Taking { global, client: &mut connection.client, spool: Spool::at(&to.to)?, taken: 0, findings: Vec::new() };
    let ended = taking.run(interval);
    let Taking { taken, findings, .. } = taking;
    if global.json() && taken == 0 {
        document::piece("{\"schema\":1,\"messages\":[");
    }
    let found = document::findings(&findings);
    match ended {
        Ok(()) => {
            if global.json() {
                document::piece(&format!("],\"findings\":{found}}}\n"));
            }
            document::judge(global, &findings)?;
            Ok(if taken == 0 { Kind::Unchanged.exit_code() } else { 0 })
        }
        Err(failure) if global.json() => {
            document::piece(&format!("],\"findings\":{found},\"error\":{}}}\n", failure.error()));
            Err(failure.said())
        }
        Err(failure) => Err(failure),
    }
}

struct Taking<'a> {
    global: &'a Global,
    client: &'a mut Client,
    spool: Spool,
    taken: usize,
    findings: Vec<Finding>,
}

impl Taking<'_> {
    fn run(&mut self, interval: Option<Duration>) -> Result<(), Failure> {
        let mut refused = None;
        loop {
            let Some((message, body)) = self.first(interval)? else {
                let Some(interval) = interval else { return Ok(()) };
                self.client.rest(interval)?;
                continue;
            };
            let Some(id) = message.id else {
                return Err(Failure::new(
                    Kind::Undecodable,
                    "a message of the queue without an id cannot be confirmed",
                ));
            };
            if refused == Some(id) {
                let text = format!(
                    "message {id} stays first in the queue although it was to be confirmed: look at it with `certgate poll next`"
                );
                return Err(Failure::new(Kind::Refused, text));
            }
            let path = self.spool.store(self.client.transport_name(), &message, &body)?;
            self.say(id, &path.display().to_string());
            // Refused: somebody else may have confirmed it meanwhile; the next look shows.
            let confirmed = self.client.exchange(&AnyTask::from(PollConfirm::new(id)))?;
            refused = self.client.accepted(certgate_domain::TaskKind::PollConfirm, confirmed).is_err().then_some(id);
        }
    }

    /// The first message and the body it came in. A run that goes on outlasts a gateway that is away.
    fn first(&mut self, interval: Option<Duration>) -> Result<Option<(PollMessage, Vec<u8>)>, Failure> {
        let task = AnyTask::from(PollInfo);
        let exchange = match self.client.exchange(&task) {
            Err(error @ Error::Unreachable { .. }) if interval.is_some() => {
                eprintln!("certgate: warning: {error}; it goes on");
                return Ok(None);
            }
            exchange => self.client.accepted(task.kind(), exchange?)?,
        };
        let Exchange { answer, reply } = exchange;
        self.findings.extend(
            answer.findings.into_iter().take(certgate_wire::Limits::FINDINGS.saturating_sub(self.findings.len())),
        );
        let message = answer.value.data.into_iter().find_map(|data| match data {
            AnyData::PollMessage(message) if *message != PollMessage::default() => Some(*message),
            _ => None,
        });
        Ok(message.map(|message| (message, reply.body.0)))
    }

    fn say(&mut self, id: i64, path: &str) {
        if self.global.json() {
            document::piece(if self.taken == 0 { "{\"schema\":1,\"messages\":[\n" } else { ",\n" });
            document::piece(&json!({ "id": id, "file": path }).to_string());
        } else {
            document::line(path);
        }
        self.taken += 1;
    }
}
