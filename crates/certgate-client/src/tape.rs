//! Tapes: exchanges with a gateway, recorded without secrets, and answered from without a network.
//!
//! A tape is a folder: `tape.jsonl` lists the exchanges, and each has a file with the request and one with the reply, as they
//! went over the wire but for what was redacted; members and elements stand on lines of their own.
//!
//! A test on a tape: it is fit to be relied on and holds no secret, it answers, and nothing on it is left over.
//!
//! ```
//! # fn main() -> Result<(), certgate_client::Error> {
//! use certgate_client::{Client, Redactor, tape::{self, Offline, Tape}};
//! use certgate_domain::{Credentials, Secret, task::CertificateInfo};
//! use certgate_json::JsonCodec;
//! # let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/_tapes/reissue-json");
//! let mut secrets = Redactor::default();
//! secrets.knows(&Secret::new("the password that it was recorded with"));
//! for checked in tape::check(folder.as_ref(), None, &secrets)? {
//!     assert!(checked.problems.is_empty(), "{}: {:?}", checked.title, checked.problems);
//! }
//!
//! let tape = Tape::replay(folder.as_ref())?;
//! let mut client = Client::new(Box::new(JsonCodec::default()), Box::new(Offline), Credentials::new("", Secret::default(), ""))
//!     .with_tape(tape.clone());
//! let answer = client.call(CertificateInfo::new(571))?;
//! assert_eq!(answer.value.data[0].name.as_deref(), Some("example.com"));
//! // The rest of the tape was not asked for.
//! assert!(tape.finish().is_err());
//! # Ok(())
//! # }
//! ```

mod check;
mod compare;
mod folder;
mod leak;
mod lines;
mod meaning;
mod stand_in;
mod texts;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use certgate_domain::TaskKind;
use certgate_wire::{Body, Codec, Reply, Request};

pub(crate) use self::leak::{entity, is_name, leak};
pub use self::{
    check::{Checked, check},
    compare::{Comparison, Drift, Pair, compare},
    folder::{Entry, Exchange, Folder},
    stand_in::StandIns,
};
use self::{
    folder::{BLANK, Recorded},
    meaning::{Deck, Meaning},
};
use crate::{Error, Phase, Redactor, Transport, TransportError, difference};

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
    /// What went wrong beside the exchange, which went on: said at the end.
    troubles: Vec<String>,
    /// When the last exchange was recorded, in seconds since 1970.
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
    /// [`Error::Storage`]: there is a tape, or it cannot be written.
    pub fn record(folder: &Path, stand_ins: StandIns, live: bool) -> Result<Self, Error> {
        Ok(Self::with(Mode::RecordAll, Folder::create(folder, stand_ins, live)?, Deck::default()))
    }

    /// A new tape in that folder, in place of the one there, where there is one.
    ///
    /// # Errors
    /// [`Error::Storage`], [`Error::Tape`]: what is there is no tape, or cannot be removed or written.
    pub fn record_anew(folder: &Path, stand_ins: StandIns, live: bool) -> Result<Self, Error> {
        if Folder::is_in(folder) {
            Folder::open(folder)?.remove()?;
        }
        Self::record(folder, stand_ins, live)
    }

    /// The tape in that folder, which answers everything.
    ///
    /// # Errors
    /// [`Error::Storage`], [`Error::Tape`]: there is none, or it cannot be read.
    pub fn replay(folder: &Path) -> Result<Self, Error> {
        Self::open(folder, Mode::Replay)
    }

    /// The tape in that folder, for that.
    ///
    /// # Errors
    /// As [`Tape::replay`].
    pub fn open(folder: &Path, mode: Mode) -> Result<Self, Error> {
        let folder = Folder::open(folder)?;
        let deck = Deck::of(&folder)?;
        Ok(Self::with(mode, folder, deck))
    }

    fn with(mode: Mode, folder: Folder, deck: Deck) -> Self {
        Self(Arc::new(Mutex::new(Inner { mode, folder, deck, troubles: Vec::new(), time: None })))
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

    /// When the last exchange, answered or recorded just now, was recorded, in seconds since 1970.
    pub fn time(&self) -> Option<i64> {
        self.locked().time
    }

    /// Answers a request, or has it sent: what the mode says.
    pub(crate) fn carry(
        &self,
        kind: TaskKind,
        request: &Request,
        codec: &dyn Codec,
        redactor: &Redactor,
        send: impl FnOnce() -> Result<Reply, TransportError>,
    ) -> Result<Result<Reply, TransportError>, Error> {
        let (found, mode) = {
            let mut inner = self.locked();
            let meaning = Meaning::of(kind, request, codec, inner.folder.stand_ins());
            let found = match inner.mode {
                Mode::RecordAll => None,
                _ => inner.deck.take(&meaning),
            };
            if found.is_none() && inner.mode == Mode::Replay {
                let nearest = inner.deck.nearest(&meaning, inner.folder.entries());
                return Err(Error::Unmatched { task: kind, tape: inner.folder.path().to_owned(), nearest });
            }
            (found, inner.mode)
        };
        let recorded = match found {
            Some(at) => {
                let mut inner = self.locked();
                let recorded = inner.folder.sent(at)?;
                inner.time = inner.folder.entries().get(at).and_then(Entry::unix);
                Some(recorded)
            }
            None => None,
        };
        match (mode, recorded) {
            (Mode::Replay | Mode::RecordMissing, Some(recorded)) => Ok(recorded),
            (Mode::Compare, taped) => {
                let live = send();
                let recorded = Recorded { kind, request, sent: &live, codec, redactor };
                self.locked().compare(&recorded, taped);
                Ok(live)
            }
            (Mode::RecordAll | Mode::RecordMissing | Mode::Replay, _) => {
                let live = send();
                let recorded = Recorded { kind, request, sent: &live, codec, redactor };
                let mut inner = self.locked();
                // The task is done, whatever becomes of its record: its answer is not held back.
                if let Err(error) = inner.folder.add(&recorded) {
                    inner.troubles.push(error.to_string());
                }
                inner.time = inner.folder.entries().last().and_then(Entry::unix);
                Ok(live)
            }
        }
    }

    /// Ends it.
    ///
    /// # Errors
    /// [`Error::Replay`]: an exchange of a tape that was to answer or compare everything was not asked for, an answer differs,
    /// or something was not recorded.
    pub fn finish(&self) -> Result<(), Error> {
        let mut inner = self.locked();
        let mut troubles = std::mem::take(&mut inner.troubles);
        // Where what is missing is recorded, a tape may hold more than one run needs.
        if matches!(inner.mode, Mode::Replay | Mode::Compare) {
            let unused: Vec<String> =
                inner.deck.unused().filter_map(|at| Some(inner.folder.entries().get(at)?.title())).collect();
            if let Some(first) = unused.first() {
                troubles.push(format!("{} of its exchanges were not asked for, the first is {first}", unused.len()));
            }
        }
        match troubles.is_empty() {
            true => Ok(()),
            false => Err(Error::Replay { tape: inner.folder.path().to_owned(), why: troubles.join("\n  ") }),
        }
    }
}

impl Inner {
    /// Compares an answer, as it would stand on the tape, with the one that does.
    fn compare(&mut self, live: &Recorded<'_>, taped: Option<Result<Reply, TransportError>>) {
        let Recorded { kind, codec, redactor, .. } = *live;
        let Some(taped) = taped else {
            self.troubles.push(format!("{}: it is not on the tape", kind.name()));
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
        for field in found {
            if field.relation() != difference::Relation::Equal && !difference::is_among(&field.path, NOISE) {
                let text = |value: &Option<serde_json::Value>| {
                    value.as_ref().map_or("nothing".to_owned(), ToString::to_string)
                };
                self.troubles.push(format!(
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

/// What differs from answer to answer without meaning anything: transaction ids, times, counters, tokens for validation.
pub const NOISE: [&str; 11] = [
    "stid",
    "ctid",
    "object.summary",
    "**.stid",
    "**.ctid",
    "**.created",
    "**.updated",
    "**.execution",
    "**.lastPaid",
    "**.dns",
    "**.fileContent",
];

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

fn at(path: &Path, why: impl ToString) -> Error {
    Error::Storage { path: path.to_owned(), why: why.to_string() }
}

fn broken(path: &Path, line: usize, why: impl Into<String>) -> Error {
    Error::Tape { path: PathBuf::from(path), line, why: why.into() }
}
