//! The account's queue of messages: those of this store's orders are confirmed, those of others are handed over whole or stay
//! where they are.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use certgate_domain::{
    AnyData, AnyTask, Data, PollMessage, Protocol, Response, TaskKind,
    task::{PollConfirm, PollInfo},
};
use certgate_store::{Message, Order, QueueReader, StoredMessage};
use certgate_wire::{Codec, DecodeError, Finding, Limits, Reply};
use serde_json::{Value, json};

use crate::{Client, Error, Exchange, ExchangeError, GatewayError, Journal, Spool, process};

/// The queue of a client's account, and the store that its messages go to.
pub struct Queue<'a> {
    client: &'a mut Client,
    journal: Journal,
    findings: Vec<Finding>,
}

/// The first message of the queue.
struct First {
    message: PollMessage,
    /// The body it came in.
    body: Vec<u8>,
    /// How many messages are in the queue, as far as that is said.
    told: Option<i64>,
}

/// How many messages wait in the queue, by an answer that shows the first.
pub(crate) fn waiting<T>(answer: &Response<T>) -> i64 {
    let told = answer.object.as_ref().and_then(|object| object.summary).unwrap_or_default();
    told.max(i64::try_from(answer.data.len()).unwrap_or(i64::MAX))
}

/// Who gets the messages of others.
#[derive(Debug, Clone)]
pub enum Recipient {
    /// A folder: one file a message.
    Folder(PathBuf),
    /// A command of the shell, which finds the message as JSON on its standard input, and its ids and kind in the variables
    /// `CERTGATE_MESSAGE_ID`, `CERTGATE_STABLE_ID`, `CERTGATE_KIND`, `CERTGATE_JOB`, `CERTGATE_STID`.
    Command(String),
}

/// What happens while messages are taken.
#[derive(Debug)]
#[non_exhaustive]
pub enum QueueEvent<'a> {
    /// A message of somebody else's was handed over, into that file where the recipient is a folder.
    HandedOver {
        /// The message as it is stored.
        message: &'a Message,
        /// Its file.
        file: Option<&'a Path>,
    },
    /// Something failed and is tried again.
    Delayed(&'a QueueError),
}

/// What can go wrong with the queue.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// The gateway, the store or the recipient's folder.
    #[error(transparent)]
    Client(#[from] Error),
    /// The gateway says that there are messages, and shows none.
    #[error("the gateway says that {told} messages are in the queue, and shows none")]
    NotShown {
        /// How many there are, as it says.
        told: i64,
        /// The body of its answer, redacted.
        body: Vec<u8>,
    },
    /// A message that cannot be confirmed.
    #[error("the first message of the queue has no id and cannot be confirmed")]
    NoId,
    /// A message that would be stored and confirmed for ever.
    #[error("message {id} is first in the queue again although it was confirmed")]
    ComesBack {
        /// Its id.
        id: i64,
    },
    /// The queue does not become empty: more was taken off than was in it.
    #[error("{taken} messages were taken off the queue, {told} were in it at first, and it is not empty")]
    Endless {
        /// How many were taken off.
        taken: usize,
        /// How many the gateway said were in it at first.
        told: i64,
    },
    /// The recipient's command failed. The message stays in the store, and those behind it wait.
    #[error("message {stable_id} was not taken: {why}")]
    NotTaken {
        /// The message's id in the store.
        stable_id: String,
        /// Why.
        why: String,
    },
}

impl From<ExchangeError> for QueueError {
    fn from(error: ExchangeError) -> Self {
        Self::Client(error.into())
    }
}

/// Messages read from the store at once.
const SOME: usize = 100;

/// So many messages more than twice what was there may come while a queue is drained.
const COMING: usize = 100;

/// Another process that has looked into the queue within this time confirms what is to be confirmed.
const PATIENCE: Duration = Duration::from_secs(2);

/// The gateway mails what nobody polled within a day, so that the message of an older order need not be looked for.
const DAYS: u16 = 30;

impl<'a> Queue<'a> {
    /// That account's queue.
    pub fn new(client: &'a mut Client, journal: Journal) -> Self {
        Self { client, journal, findings: Vec::new() }
    }

    /// What the answers held that is not known.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Confirms the messages about this store's orders that are first in the queue, up to one of somebody else's, which stays.
    /// A run that ended while somebody else's message stood before its own left such behind. Where the store awaits no message, or
    /// another process is at it, the gateway is not asked. Gives the ids that were confirmed.
    ///
    /// # Errors
    /// The gateway or the store. What was confirmed until then is recorded.
    pub fn confirm_own(&mut self) -> Result<Vec<i64>, QueueError> {
        let mut confirmed = Vec::new();
        while self.journal.awaits_message(DAYS)? && self.journal.read_queue(PATIENCE)? == QueueReader::Own {
            let Some(First { message, body, .. }) = self.first()? else { break };
            let Some(id) = message.id.filter(|id| !confirmed.contains(id)) else { break };
            if !self.journal.knows(self.client.protocol(), &message)? {
                break;
            }
            if self.store_and_confirm(&message, &body, id)?.is_none() {
                confirmed.push(id);
            }
        }
        Ok(confirmed)
    }

    /// Takes messages off the queue until it is empty: each is stored before it is confirmed, and those of others are handed over
    /// in the order of their arrival, each at least once.
    ///
    /// # Errors
    /// The gateway, the store, or the recipient: what was not handed over stays in the store.
    pub fn drain(&mut self, to: &Recipient, observe: &mut dyn FnMut(&QueueEvent<'_>)) -> Result<(), QueueError> {
        self.take(to, None, observe)
    }

    /// The same, and goes on: it looks again whenever it has rested for so long, outlasts a gateway that is away, and tries again
    /// what was not handed over.
    ///
    /// # Errors
    /// As with [`Queue::drain`]; [`Error::Interrupted`] is how it ends.
    pub fn follow(
        &mut self,
        to: &Recipient,
        rest: Duration,
        observe: &mut dyn FnMut(&QueueEvent<'_>),
    ) -> Result<(), QueueError> {
        self.take(to, Some(rest), observe)
    }

    fn take(
        &mut self,
        to: &Recipient,
        rest: Option<Duration>,
        observe: &mut dyn FnMut(&QueueEvent<'_>),
    ) -> Result<(), QueueError> {
        let mut confirmed = HashMap::new();
        let mut at_first = None;
        loop {
            // First what is in the store.
            self.hand_over(to, rest, observe)?;
            // Somebody asked for it: whoever else looks leaves it to this one.
            self.journal.read_queue(Duration::ZERO)?;
            let first = match (self.first(), rest) {
                // Somebody may take off what cannot be understood.
                (Err(QueueError::Client(error)), Some(_))
                    if error.is_unreachable() || matches!(error, Error::Gateway(GatewayError::Undecodable { .. })) =>
                {
                    observe(&QueueEvent::Delayed(&error.into()));
                    None
                }
                (Err(error @ QueueError::NotShown { .. }), Some(_)) => {
                    observe(&QueueEvent::Delayed(&error));
                    None
                }
                (first, _) => first?,
            };
            let Some(First { message, body, told }) = first else {
                let Some(rest) = rest else { return Ok(()) };
                self.client.rest(rest)?;
                continue;
            };
            let Some(id) = message.id else { return Err(QueueError::NoId) };
            match confirmed.remove(&id) {
                Some(Some(refused)) => return Err(QueueError::Client(refused)),
                Some(None) => return Err(QueueError::ComesBack { id }),
                None => {}
            }
            if let (None, Some(told)) = (rest, at_first.or(told)) {
                at_first = Some(told);
                let most = usize::try_from(told).unwrap_or_default().saturating_mul(2).saturating_add(COMING);
                if confirmed.len() >= most {
                    return Err(QueueError::Endless { taken: most, told });
                }
            }
            confirmed.insert(id, self.store_and_confirm(&message, &body, id)?);
        }
    }

    /// The first message.
    fn first(&mut self) -> Result<Option<First>, QueueError> {
        let task = AnyTask::from(PollInfo);
        let answered = self.client.exchange(&task)?;
        let answered = self.client.accepted(task.kind(), answered)?;
        check_shown(self.client, &answered)?;
        let Exchange { answer, reply } = answered;
        let room = Limits::FINDINGS.saturating_sub(self.findings.len());
        self.findings.extend(answer.findings.into_iter().take(room));
        let told = answer.value.object.as_ref().and_then(|object| object.summary);
        Ok(message_in(answer.value.data).map(|message| First { message, body: reply.body.0, told }))
    }

    /// Gives why the gateway did not take the message off. Refused: somebody else may have confirmed it meanwhile; the next look shows.
    fn store_and_confirm(&mut self, message: &PollMessage, body: &[u8], id: i64) -> Result<Option<Error>, QueueError> {
        self.journal.store_message(self.client.protocol(), message, body)?;
        let answered = self.client.exchange(&AnyTask::from(PollConfirm::new(id)))?;
        let refused = self.client.accepted(TaskKind::PollConfirm, answered).err();
        if refused.is_none() {
            self.journal.record_confirmation(id)?;
        }
        Ok(refused.map(Error::from))
    }

    /// Hands messages of others over, the oldest first. Where that fails the message stays, and those behind it wait.
    fn hand_over(
        &mut self,
        to: &Recipient,
        rest: Option<Duration>,
        observe: &mut dyn FnMut(&QueueEvent<'_>),
    ) -> Result<(), QueueError> {
        loop {
            let messages = self.journal.waiting(SOME)?;
            if messages.is_empty() {
                return Ok(());
            }
            for message in messages {
                let file = loop {
                    match (to.give(&message), rest) {
                        (Ok(file), _) => break file,
                        (Err(error), None) => return Err(error),
                        (Err(error), Some(rest)) => {
                            observe(&QueueEvent::Delayed(&error));
                            self.client.rest(rest)?;
                        }
                    }
                };
                self.journal.take(&message.stable_id)?;
                observe(&QueueEvent::HandedOver { message: &message, file: file.as_deref() });
            }
        }
    }
}

impl Recipient {
    fn give(&self, message: &Message) -> Result<Option<PathBuf>, QueueError> {
        let document = document(message);
        match self {
            Self::Folder(folder) => {
                Ok(Some(Spool::at(folder)?.write(&message.stable_id, message.message.id, &document)?))
            }
            Self::Command(command) => run(command, message, &document).map(|()| None),
        }
    }
}

/// A message as it is handed over.
fn document(message: &Message) -> Value {
    let received = jiff::Timestamp::from_second(message.received.div_euclid(1000)).unwrap_or_default();
    json!({
        "schema": 1,
        "stableId": message.stable_id,
        "transport": message.message.transport,
        "kind": message.message.kind,
        "received": received.to_string(),
        "message": serde_json::from_str::<Value>(&message.message.document).unwrap_or_default(),
        "raw": String::from_utf8_lossy(&message.message.raw),
    })
}

fn run(command: &str, message: &Message, document: &Value) -> Result<(), QueueError> {
    let failed = |why: String| QueueError::NotTaken { stable_id: message.stable_id.clone(), why };
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

/// A message that the gateway pushed or mailed in place of leaving it in the queue.
#[derive(Debug)]
pub struct Imported {
    /// The message's id at the gateway.
    pub id: Option<i64>,
    /// How it is stored, and whether it was before.
    pub stored: StoredMessage,
    /// The order that it is about, as it stands now.
    pub order: Option<Order>,
    /// What it held that is not known.
    pub findings: Vec<Finding>,
}

/// Why a message was not taken in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// It cannot be understood.
    #[error("the message cannot be understood: {0}")]
    Undecodable(DecodeError),
    /// It is an answer without a message.
    #[error("it holds no message: expected an answer to task 0905 with one, as XML or as JSON")]
    NoMessage,
    /// The store failed. The message was not taken in.
    #[error(transparent)]
    Store(#[from] Error),
}

/// The protocol that a pushed or mailed message is written in.
pub fn protocol_of(message: &[u8]) -> Protocol {
    let text = message.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(message).trim_ascii_start();
    if text.starts_with(b"<") { Protocol::Xml } else { Protocol::Json }
}

/// Takes in one message that was pushed or mailed, as if it had been first in the queue: it is stored and moves its order on.
/// It is not confirmed with the gateway, which may not hold it any more; [`Queue::confirm_own`] does that where it does.
///
/// # Errors
/// It cannot be understood, or was not stored.
pub fn import(journal: &mut Journal, codec: &dyn Codec, message: &[u8]) -> Result<Imported, ImportError> {
    let decoded =
        codec.decode_response(TaskKind::PollInfo, &Reply::of(message.to_vec())).map_err(ImportError::Undecodable)?;
    let read = message_in(decoded.value.data).ok_or(ImportError::NoMessage)?;
    let stored = journal.store_message(codec.protocol(), &read, message)?;
    let order = stored.order.as_deref().map(|order| journal.find(order)).transpose()?.flatten();
    Ok(Imported { id: read.id, stored, order, findings: decoded.findings })
}

/// Refuses an answer that counts messages of the queue and shows none: that is no empty queue.
///
/// # Errors
/// [`QueueError::NotShown`].
pub fn check_shown(client: &Client, answered: &Exchange) -> Result<(), QueueError> {
    let answer = &answered.answer.value;
    match answer.object.as_ref().and_then(|object| object.summary) {
        Some(told) if told > 0 && !answer.data.iter().any(is_message) => {
            Err(QueueError::NotShown { told, body: client.redacted_reply(&answered.reply).into_bytes() })
        }
        _ => Ok(()),
    }
}

/// The message of an answer.
fn message_in(data: Vec<AnyData>) -> Option<PollMessage> {
    data.into_iter().filter(is_message).find_map(PollMessage::from_any)
}

/// An empty queue may be answered with an empty message.
fn is_message(data: &AnyData) -> bool {
    matches!(data, AnyData::PollMessage(message) if **message != PollMessage::default())
}
