//! `certgate poll`.

use std::{collections::HashSet, path::PathBuf, process::Stdio, time::Duration};

use certgate::{Client, Exchange, ExchangeError, Journal, NetworkError, Spool, config::parse_duration, process};
use certgate_domain::{
    AnyData, AnyTask, PollMessage, TaskKind,
    task::{PollConfirm, PollInfo},
};
use certgate_store::Message;
use certgate_wire::{Finding, Limits};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    app::{App, Connection},
    common::exchange::send,
    exit::{Exit, Failure, Kind},
    streams::say,
    ui::document,
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
    Drain(To),
    /// The same, and go on until Ctrl-C
    #[command(
        after_help = "Examples:\n  certgate poll follow --to messages\n  certgate poll follow --exec ./handle-message"
    )]
    Follow {
        #[command(flatten)]
        to: To,
        /// How long to rest when the queue is empty: 10s, 1m
        #[arg(long, default_value = "10s", value_parser = parse_duration)]
        interval: Duration,
    },
}

/// Where messages of others go.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct To {
    /// Into this folder: one file a message
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// To this command of the shell: the message as JSON on its standard input; its ids and kind in CERTGATE_MESSAGE_ID,
    /// CERTGATE_STABLE_ID, CERTGATE_KIND, CERTGATE_JOB, CERTGATE_STID. One that fails, or takes ten minutes, keeps the message
    #[arg(long, value_name = "CMD")]
    exec: Option<String>,
}

impl Poll {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        match self {
            Self::Next => {
                let exchange = send(app, &PollInfo.into())?;
                Ok(if exchange.answer.value.data.is_empty() {
                    Exit::unchanged("the queue is empty")
                } else {
                    Exit::DONE
                })
            }
            Self::Confirm { id } => {
                send(app, &PollConfirm::new(id).into())?;
                Ok(Exit::DONE)
            }
            Self::Drain(to) => take(app, &to, None),
            Self::Follow { to, interval } => take(app, &to, Some(interval)),
        }
    }
}

/// Takes messages until the queue is empty, or for good where an interval is given.
fn take(app: &App, to: &To, interval: Option<Duration>) -> Result<Exit, Failure> {
    let mut connection = Connection::open(app, None)?;
    let journal = connection.journal()?;
    let mut taking = Taking { app, to, client: &mut connection.client, journal, taken: 0, findings: Vec::new() };
    let ended = taking.run(interval);
    let Taking { taken, findings, .. } = taking;
    if app.json() && taken == 0 {
        app.stdout.piece("{\"schema\":1,\"messages\":[");
    }
    let found = document::findings(&findings);
    match ended {
        Ok(()) => {
            if app.json() {
                app.stdout.piece(&format!("],\"findings\":{found}}}\n"));
            }
            document::judge(app, &findings)?;
            Ok(if taken == 0 { Exit::unchanged("no message was there to be handed over") } else { Exit::DONE })
        }
        Err(failure) if app.json() => {
            let failure = app.reported(failure);
            app.stdout.piece(&format!("],\"findings\":{found},\"error\":{}}}\n", failure.error()));
            Err(failure.said())
        }
        Err(failure) => Err(failure),
    }
}

struct Taking<'a> {
    app: &'a App,
    to: &'a To,
    client: &'a mut Client,
    journal: Journal,
    taken: usize,
    findings: Vec<Finding>,
}

/// Messages read from the store at once.
const SOME: usize = 100;

impl Taking<'_> {
    fn run(&mut self, interval: Option<Duration>) -> Result<(), Failure> {
        let mut confirmed = HashSet::new();
        loop {
            // First what is in the store: in the order of arrival, each at least once.
            self.hand_over(interval)?;
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
            if !confirmed.insert(id) {
                let text = format!(
                    "message {id} is first in the queue again although it was to be confirmed: look at it with `certgate poll next`"
                );
                return Err(Failure::new(Kind::Refused, text));
            }
            self.journal.store_message(self.client.protocol(), &message, &body)?;
            // Refused: somebody else may have confirmed it meanwhile; the next look shows.
            let answered = self.client.exchange(&AnyTask::from(PollConfirm::new(id)))?;
            if self.client.accepted(TaskKind::PollConfirm, answered).is_ok() {
                self.journal.record_confirmation(id)?;
            }
        }
    }

    /// The first message and the body it came in. A run that goes on outlasts a gateway that is away.
    fn first(&mut self, interval: Option<Duration>) -> Result<Option<(PollMessage, Vec<u8>)>, Failure> {
        let task = AnyTask::from(PollInfo);
        let exchange = match self.client.exchange(&task) {
            Err(error @ ExchangeError::Network(NetworkError::Unreachable { .. })) if interval.is_some() => {
                self.warn(&format!("{error}; it goes on"));
                return Ok(None);
            }
            exchange => self.client.accepted(task.kind(), exchange?)?,
        };
        let Exchange { answer, reply } = exchange;
        let room = Limits::FINDINGS.saturating_sub(self.findings.len());
        self.findings.extend(answer.findings.into_iter().take(room));
        let message = answer.value.data.into_iter().find_map(|data| match data {
            AnyData::PollMessage(message) if *message != PollMessage::default() => Some(*message),
            _ => None,
        });
        Ok(message.map(|message| (message, reply.body.0)))
    }

    /// Hands messages of others over, the oldest first. Where that fails the message stays, and those behind it wait.
    fn hand_over(&mut self, interval: Option<Duration>) -> Result<(), Failure> {
        loop {
            let messages = self.journal.waiting(SOME)?;
            if messages.is_empty() {
                return Ok(());
            }
            for message in messages {
                while let Err(failure) = self.hand(&message) {
                    let Some(interval) = interval else { return Err(failure) };
                    self.warn(&format!("{failure}; it is kept and tried again"));
                    self.client.rest(interval)?;
                }
                self.journal.take(&message.stable_id)?;
            }
        }
    }

    fn warn(&self, text: &str) {
        if !self.app.quiet {
            say(&format!("certgate: warning: {text}"));
        }
    }

    fn hand(&mut self, message: &Message) -> Result<(), Failure> {
        let document = message_document(message);
        let place = match (&self.to.to, &self.to.exec) {
            (Some(folder), _) => {
                Spool::at(folder)?.write(&message.stable_id, message.message.id, &document)?.display().to_string()
            }
            (None, Some(command)) => {
                run_command(command, message, &document)?;
                message.stable_id.clone()
            }
            (None, None) => return Err(Failure::usage("give --to DIR or --exec CMD")),
        };
        if self.app.json() {
            self.app.stdout.piece(if self.taken == 0 { "{\"schema\":1,\"messages\":[\n" } else { ",\n" });
            let mut row = json!({ "stableId": message.stable_id });
            if let Some(id) = message.message.id {
                row["id"] = json!(id);
            }
            if self.to.to.is_some() {
                row["file"] = json!(place);
            }
            self.app.stdout.piece(&row.to_string());
        } else {
            self.app.stdout.line(&place);
        }
        self.taken += 1;
        Ok(())
    }
}

/// A message as it is handed over.
fn message_document(message: &Message) -> Value {
    json!({
        "schema": 1,
        "stableId": message.stable_id,
        "transport": message.message.transport,
        "kind": message.message.kind,
        "received": document::time(message.received),
        "message": serde_json::from_str::<Value>(&message.message.document).unwrap_or_default(),
        "raw": String::from_utf8_lossy(&message.message.raw),
    })
}

fn run_command(command: &str, message: &Message, document: &Value) -> Result<(), Failure> {
    let failed = |why: String| {
        Failure::new(Kind::CheckFailed, format!("--exec: message {} was not taken: {why}", message.stable_id))
    };
    let text = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    let mut run = process::action(command, None);
    run.env("CERTGATE_STABLE_ID", &message.stable_id)
        .env("CERTGATE_MESSAGE_ID", text(message.message.id))
        .env("CERTGATE_KIND", &message.message.kind)
        .env("CERTGATE_JOB", text(message.message.job))
        .env("CERTGATE_STID", message.message.stid.as_deref().unwrap_or_default())
        .stdin(Stdio::piped());
    match process::run(run, format!("{document}\n").into_bytes(), process::TIMEOUT) {
        Ok((status, _)) if status.success() => Ok(()),
        Ok((status, _)) => Err(failed(status.to_string())),
        Err(why) => Err(failed(why.to_string())),
    }
}
