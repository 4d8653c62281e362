//! Tapes: exchanges with a gateway, recorded without secrets, and answered from without a network.
//!
//! A tape is a folder: `tape.jsonl` lists the exchanges, and each has a file with the request and one with the reply, as they
//! went over the wire but for what was redacted; members and elements stand on lines of their own.
//!
//! A test on a tape: it is fit to be relied on and holds no secret, it answers, and nothing on it is left over.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use certgate_client::{Client, Redactor};
//! use certgate_tape::{Offline, Tape};
//! use certgate_domain::{Credentials, Secret, task::CertificateInfo};
//! use certgate_json::JsonCodec;
//! # let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/_tapes/reissue-json");
//! let mut secrets = Redactor::default();
//! secrets.knows(&Secret::new("the password that it was recorded with"));
//! for checked in certgate_tape::check(folder.as_ref(), None, &secrets)? {
//!     assert!(checked.problems.is_empty(), "{}: {:?}", checked.title, checked.problems);
//! }
//!
//! let tape = Tape::replay(folder.as_ref())?;
//! let mut client = Client::new(Box::new(JsonCodec::default()), Box::new(Offline), Credentials::new("", Secret::default(), ""))
//!     .with_interceptor(Arc::new(tape.clone()));
//! let answer = client.call(CertificateInfo::new(571))?;
//! assert_eq!(answer.value.data[0].name.as_deref(), Some("example.com"));
//! // The rest of the tape was not asked for.
//! assert!(tape.finish().is_err());
//! # Ok(())
//! # }
//! ```

#![allow(clippy::disallowed_methods, reason = "this crate reads and writes files, and the clock")]

mod check;
mod compare;
pub mod difference;
mod error;
mod folder;
mod lines;
mod meaning;
mod noise;
mod stand_in;
mod texts;

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use certgate_client::{Interceptor, Outgoing, Phase, SendError, Transport, TransportError};
use certgate_domain::{Protocol, TaskKind};
use certgate_json::JsonCodec;
use certgate_wire::{Body, Codec, Reply, Request};
use certgate_xml::XmlCodec;

pub use self::{
    check::{Checked, check},
    compare::{Comparison, Drift, Pair, compare},
    error::TapeError,
    folder::{Entry, Exchange, Folder},
    lines::spread,
    noise::Noise,
    stand_in::StandIns,
};
use self::{
    folder::{BLANK, Recorded},
    meaning::{Deck, Meaning},
};

/// What a tape is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// Answers from the tape, and from nothing else.
    Replay,
    /// Answers from the tape; what is not on it is sent and recorded.
    RecordMissing,
    /// Sends and records everything.
    RecordAll,
    /// Sends everything, and compares each answer with the tape's.
    Compare,
}

/// A tape in use. Its clones are the same tape.
#[derive(Clone)]
pub struct Tape(Arc<Mutex<Inner>>);

struct Inner {
    mode: Mode,
    folder: Folder,
    deck: Deck,
    /// What could not be recorded of exchanges that went on: said at the end.
    unrecorded: Vec<String>,
    /// Where the gateway answered otherwise than the tape.
    differences: Vec<String>,
    /// When the last exchange was recorded, or the first one that is on it, in seconds since 1970.
    time: Option<i64>,
}

impl std::fmt::Debug for Tape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tape({})", self.locked().folder.path().display())
    }
}

impl Tape {
    /// A new tape in that folder, which may hold none so far. `live`: whether certificates are to be real ones, for replays to
    /// check the same.
    ///
    /// # Errors
    /// [`TapeError::File`]: there is a tape, or it cannot be written.
    pub fn record(folder: &Path, stand_ins: StandIns, live: bool) -> Result<Self, TapeError> {
        Ok(Self::with(Mode::RecordAll, Folder::create(folder, stand_ins, live)?, Deck::default()))
    }

    /// A new tape in that folder, in place of the one there, where there is one.
    ///
    /// # Errors
    /// [`TapeError::File`], [`TapeError::Index`]: what is there is no tape, or cannot be removed or written.
    pub fn record_anew(folder: &Path, stand_ins: StandIns, live: bool) -> Result<Self, TapeError> {
        if Folder::is_in(folder) {
            Folder::open(folder)?.remove()?;
        }
        Self::record(folder, stand_ins, live)
    }

    /// The tape in that folder, which answers everything.
    ///
    /// # Errors
    /// [`TapeError::File`], [`TapeError::Index`]: there is none, or it cannot be read.
    pub fn replay(folder: &Path) -> Result<Self, TapeError> {
        Self::open(folder, Mode::Replay)
    }

    /// The tape in that folder, for that.
    ///
    /// # Errors
    /// As [`Tape::replay`].
    pub fn open(folder: &Path, mode: Mode) -> Result<Self, TapeError> {
        let folder = Folder::open(folder)?;
        let deck = Deck::of(&folder)?;
        Ok(Self::with(mode, folder, deck))
    }

    fn with(mode: Mode, folder: Folder, deck: Deck) -> Self {
        let time = folder.entries().first().and_then(Entry::unix);
        Self(Arc::new(Mutex::new(Inner { mode, folder, deck, unrecorded: Vec::new(), differences: Vec::new(), time })))
    }

    fn locked(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it is for.
    pub fn mode(&self) -> Mode {
        self.locked().mode
    }

    /// The transaction id of the first exchange: a replayed run that carries it says the same as the recorded one.
    pub fn ctid(&self) -> Option<String> {
        self.locked().deck.ctid()
    }

    /// Whether certificates were to be real ones when it was recorded.
    pub fn is_live(&self) -> bool {
        self.locked().folder.is_live()
    }

    /// Whether it holds an exchange of that task. A tape of an earlier version lacks what only later ones ask.
    pub fn holds(&self, task: TaskKind) -> bool {
        self.locked().folder.entries().iter().any(|entry| entry.kind() == Some(task))
    }

    /// When the last exchange, answered or recorded just now, was recorded, in seconds since 1970; before there is one, the first that it holds.
    pub fn time(&self) -> Option<i64> {
        self.locked().time
    }

    /// Ends it.
    ///
    /// # Errors
    /// [`TapeError::Unrecorded`]: an exchange is not on it. [`TapeError::Differs`]: an exchange of a tape that was to answer or
    /// compare everything was not asked for, or an answer differs.
    pub fn finish(&self) -> Result<(), TapeError> {
        let mut inner = self.locked();
        let mut why = std::mem::take(&mut inner.unrecorded);
        let is_whole = why.is_empty();
        why.append(&mut inner.differences);
        // Where what is missing is recorded, a tape may hold more than one run needs.
        if matches!(inner.mode, Mode::Replay | Mode::Compare) {
            let unused: Vec<String> =
                inner.deck.unused().filter_map(|at| Some(inner.folder.entries().get(at)?.title())).collect();
            if let Some(first) = unused.first() {
                why.push(format!("{} of its exchanges were not asked for, the first is {first}", unused.len()));
            }
        }
        let tape = inner.folder.path().to_owned();
        match (why.is_empty(), is_whole) {
            (true, _) => Ok(()),
            (false, true) => Err(TapeError::Differs { tape, why }),
            (false, false) => Err(TapeError::Unrecorded { tape, why }),
        }
    }
}

impl Interceptor for Tape {
    fn around(
        &self,
        outgoing: &Outgoing<'_>,
        send: &mut dyn FnMut() -> Result<Reply, SendError>,
    ) -> Result<Reply, SendError> {
        let taped = self.locked().take(outgoing).map_err(|error| SendError::Interceptor(Box::new(error)))?;
        let mode = self.mode();
        if let (Mode::Replay | Mode::RecordMissing, Some(taped)) = (mode, taped.clone()) {
            return Ok(taped?);
        }
        let sent = match send() {
            Ok(reply) => Ok(reply),
            Err(SendError::Transport(error)) => Err(error),
            Err(other) => return Err(other),
        };
        let recorded = Recorded {
            kind: outgoing.task,
            request: outgoing.request,
            sent: &sent,
            codec: outgoing.codec,
            redactor: outgoing.redactor,
        };
        match mode {
            Mode::Compare => self.locked().compare(&recorded, taped),
            _ => self.locked().record(&recorded),
        }
        Ok(sent?)
    }

    fn answers_everything(&self) -> bool {
        self.mode() == Mode::Replay
    }

    fn answers_next(&self, task: TaskKind) -> bool {
        let inner = self.locked();
        let next = inner.deck.unused().next();
        next.and_then(|at| inner.folder.entries().get(at)?.kind()) == Some(task)
    }
}

impl Inner {
    /// What the tape answers to a request, in the request's own protocol. Nothing, where it does not hold the exchange and the
    /// gateway is to be asked.
    fn take(&mut self, outgoing: &Outgoing<'_>) -> Result<Option<Result<Reply, TransportError>>, TapeError> {
        if self.mode == Mode::RecordAll {
            return Ok(None);
        }
        let Outgoing { task, request, codec, .. } = *outgoing;
        let meaning = Meaning::of(task, request, codec, self.folder.stand_ins());
        let Some(at) = self.deck.take(&meaning) else {
            if self.mode != Mode::Replay {
                return Ok(None);
            }
            let nearest = self.deck.nearest(&meaning, self.folder.entries());
            return Err(TapeError::Unmatched { task, tape: self.folder.path().to_owned(), nearest });
        };
        let entry = self.folder.entries().get(at);
        self.time = entry.and_then(Entry::unix);
        let recorded_over = entry.map_or(codec.protocol(), Entry::protocol);
        let taped = self.folder.sent(at)?;
        if recorded_over == codec.protocol() {
            Ok(Some(taped))
        } else {
            self.translated(taped, recorded_over, outgoing).map(Some)
        }
    }

    /// An answer of the other protocol in that of the request.
    fn translated(
        &self,
        taped: Result<Reply, TransportError>,
        recorded_over: Protocol,
        outgoing: &Outgoing<'_>,
    ) -> Result<Result<Reply, TransportError>, TapeError> {
        let Ok(reply) = taped else { return Ok(taped) };
        let read = codec_of(recorded_over).decode_response(outgoing.task, &reply);
        let answer = read.map_err(|error| TapeError::Unmatched {
            task: outgoing.task,
            tape: self.folder.path().to_owned(),
            nearest: format!(
                "its answer over {recorded_over} cannot be said over {}: {error}",
                outgoing.codec.protocol()
            ),
        })?;
        let written = outgoing.codec.encode_responses(&[(outgoing.task, answer.value)]).payload;
        let is_of_the_body = |(name, _): &(String, String)| name.eq_ignore_ascii_case("content-type");
        let recorded = reply.headers.into_iter().filter(|header| !is_of_the_body(header));
        Ok(Ok(Reply { headers: recorded.chain(written.headers).collect(), ..written }))
    }

    fn record(&mut self, recorded: &Recorded<'_>) {
        // The task is done, whatever becomes of its record: its answer is not held back.
        if let Err(error) = self.folder.add(recorded) {
            self.unrecorded.push(error.to_string());
        }
        self.time = self.folder.entries().last().and_then(Entry::unix);
    }

    /// Compares an answer, as it would stand on the tape, with the one that does.
    fn compare(&mut self, live: &Recorded<'_>, taped: Option<Result<Reply, TransportError>>) {
        let Recorded { kind, codec, redactor, .. } = *live;
        let Some(taped) = taped else {
            self.differences.push(format!("{}: it is not on the tape", kind.name()));
            return;
        };
        let stand_ins = self.folder.stand_ins();
        let shown = |sent: &Result<Reply, TransportError>| match sent {
            Ok(reply) => meaning::as_sent(kind, reply, codec, stand_ins),
            Err(error) => serde_json::json!({ "error": redactor.text(&error.to_string()) }),
        };
        let now = match live.sent {
            Ok(reply) => {
                let body = Body(live.body(stand_ins, reply, &mut Vec::new()));
                shown(&Ok(Reply { body, ..reply.clone() }))
            }
            error => shown(error),
        };
        let found = difference::fields(&shown(&taped), &now);
        let noise = Noise::default();
        for field in found {
            if noise.counts(&field) {
                let text = |value: &Option<serde_json::Value>| {
                    value.as_ref().map_or("nothing".to_owned(), ToString::to_string)
                };
                self.differences.push(format!(
                    "{}: {} is {} on the tape and {} now",
                    kind.name(),
                    field.path,
                    text(&field.left),
                    text(&field.right)
                ));
            }
        }
    }
}

/// The transport of a replay: no network.
#[derive(Debug, Clone, Copy)]
pub struct Offline;

impl Transport for Offline {
    fn send(&mut self, _: &Request, _: Duration) -> Result<Reply, TransportError> {
        Err(TransportError::NotSent("there is no network in a replay".to_owned(), Phase::Connection))
    }

    fn endpoint(&self) -> &str {
        "tape:"
    }
}

/// The codec of a protocol. Any zone of times will do where nothing but the tape is read.
pub(crate) fn codec_of(protocol: Protocol) -> Box<dyn Codec> {
    match protocol {
        Protocol::Xml => Box::new(XmlCodec::default()),
        Protocol::Json => Box::new(JsonCodec::default()),
    }
}
