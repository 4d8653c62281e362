//! What can go wrong, by who is at fault.

use std::path::PathBuf;

use certgate_domain::{AnyData, Protocol, Response, TaskKind};
use certgate_files::FileError;
use certgate_store::{State, StoreError};
use certgate_wire::{DecodeError, one_line};

use crate::Phase;

/// The kind of an error: the name and the exit code that scripts rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Usage,
    Refused,
    Auth,
    Unreachable,
    Pending,
    Undecodable,
    Unchanged,
    Unknown,
    CheckFailed,
    NotDeployed,
    Local,
    NotValidated,
    Internal,
    Interrupted,
}

impl Kind {
    /// Its exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Auth => 4,
            Self::Unreachable => 5,
            Self::Pending => 6,
            Self::Undecodable => 7,
            Self::Unchanged => 8,
            Self::Unknown => 9,
            Self::CheckFailed => 10,
            Self::NotDeployed => 11,
            Self::Local => 12,
            Self::NotValidated => 13,
            Self::Internal => 70,
            Self::Interrupted => 130,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Refused => "refused",
            Self::Auth => "auth",
            Self::Unreachable => "unreachable",
            Self::Pending => "pending",
            Self::Undecodable => "undecodable",
            Self::Unchanged => "unchanged",
            Self::Unknown => "unknown",
            Self::CheckFailed => "check failed",
            Self::NotDeployed => "not deployed",
            Self::Local => "local",
            Self::NotValidated => "not validated",
            Self::Internal => "internal",
            Self::Interrupted => "interrupted",
        }
    }
}

/// The gateway said E.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// Which task.
    pub task: TaskKind,
    /// Its whole answer.
    pub answer: Response<AnyData>,
    /// Whether it is about the credentials.
    pub auth: bool,
}

/// What can go wrong between a task and its answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting cannot be used.
    #[error("{0}")]
    Settings(String),
    /// A task lacks something it cannot be sent without.
    #[error("{}: `{missing}` is missing: give it", task.name())]
    Incomplete {
        /// Which task.
        task: TaskKind,
        /// The field, by the JSON API's name.
        missing: &'static str,
    },
    /// The protocol cannot say something of a task, and leaving it out would ask for something else.
    #[error("{}: `{}` cannot be said over {protocol}: {}; leave it out, or use the other transport", task.name(), loss.path, loss.why)]
    Unsayable {
        /// Which task.
        task: TaskKind,
        /// The protocol that cannot say it.
        protocol: Protocol,
        /// What is lost, and why.
        loss: certgate_wire::Loss,
    },
    /// The gateway refused the task.
    #[error("{}", refusal_text(.0))]
    Refused(Box<Refusal>),
    /// The credentials were turned away, without an answer of the protocol.
    #[error("{}: the gateway turned the credentials away (HTTP {http_status}): check user, password and context", task.name())]
    Unauthorized {
        /// Which task.
        task: TaskKind,
        /// 401 or 403.
        http_status: u16,
    },
    /// No answer, and nothing was changed by asking.
    #[error("{}: {why} ({attempts} attempt{})", task.name(), if *attempts == 1 { "" } else { "s" })]
    Unreachable {
        /// Which task.
        task: TaskKind,
        /// Why.
        why: String,
        /// How often it was sent.
        attempts: u32,
        /// How far it got.
        phase: Phase,
    },
    /// An answer that cannot be understood.
    #[error("{}: the answer (HTTP {http_status}) cannot be understood: {error}", task.name())]
    Undecodable {
        /// Which task.
        task: TaskKind,
        /// What was found, where, and what was expected.
        error: DecodeError,
        /// The HTTP status.
        http_status: u16,
        /// The body, redacted.
        body: Vec<u8>,
    },
    /// A task that is not safe to repeat was sent and no answer came.
    #[error("{}: it was sent and no answer came ({why}): whether it was carried out is not known. It was not sent again{}", task.name(), ctid.as_ref().map(|ctid| format!(" (ctid {ctid})")).unwrap_or_default())]
    Unknown {
        /// Which task.
        task: TaskKind,
        /// Why there was no answer.
        why: String,
        /// The transaction id it carried.
        ctid: Option<String>,
    },
    /// An answer has something in it that is not understood, and the client is to stop there.
    #[error("{}: {finding}", task.name())]
    Strict {
        /// Which task.
        task: TaskKind,
        /// The first of them.
        finding: certgate_wire::Finding,
    },
    /// A file could not be used, or is not to be trusted.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file could not be written or read.
    #[error("{}: {why}", path.display())]
    Storage {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Control over the name could not be shown: nothing was ordered.
    #[error("{0}: nothing was ordered")]
    Validation(String),
    /// An interceptor was to answer, and could not: nothing was sent.
    #[error("{0}")]
    Intercepted(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What was done could not be recorded whole.
    #[error("{}: {why}", path.display())]
    Unrecorded {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The store of orders and messages.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store could not take down what was to be sent, so that it was not sent.
    #[error("nothing was sent: {0}")]
    Unsent(#[source] StoreError),
    /// The gateway's clock and ours are too far apart for an order: nothing was ordered.
    #[error("the clocks are too far apart: the gateway's says {}, this machine's {}. Nothing was ordered: set the clock that is wrong, best by NTP", time_text(*gateway), time_text(*ours))]
    Clock {
        /// The gateway's, in seconds since 1970.
        gateway: i64,
        /// Ours, in seconds since 1970.
        ours: i64,
    },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Settings(_)
            | Self::Incomplete { .. }
            | Self::Unsayable { .. }
            | Self::Storage { .. }
            | Self::File(_) => Kind::Usage,
            Self::Unsent(StoreError::Unfinished(twin))
                if twin.is_held || matches!(twin.state, State::Validating | State::Pending | State::Issued) =>
            {
                Kind::Pending
            }
            Self::Unsent(StoreError::Unfinished(_)) => Kind::Unknown,
            Self::Store(StoreError::Full { .. } | StoreError::Unwritable { .. } | StoreError::Locked { .. })
            | Self::Unsent(StoreError::Full { .. } | StoreError::Unwritable { .. } | StoreError::Locked { .. })
            | Self::Unrecorded { .. } => Kind::Local,
            Self::Store(_) | Self::Unsent(_) => Kind::Usage,
            Self::Refused(refusal) if refusal.auth => Kind::Auth,
            Self::Refused(_) => Kind::Refused,
            Self::Unauthorized { .. } => Kind::Auth,
            Self::Unreachable { .. } => Kind::Unreachable,
            Self::Undecodable { .. } => Kind::Undecodable,
            Self::Unknown { .. } => Kind::Unknown,
            Self::Validation(_) => Kind::NotValidated,
            Self::Strict { .. } | Self::Intercepted(_) => Kind::CheckFailed,
            Self::Clock { .. } => Kind::Local,
            Self::Interrupted => Kind::Interrupted,
        }
    }

    /// Whether a task that is not safe to repeat may have been carried out, although its call failed so: it is looked for, and
    /// what validates it stays.
    pub fn leaves_outcome_open(&self) -> bool {
        match self {
            Self::Unknown { .. } => true,
            Self::Undecodable { task, .. } => !task.is_safe_to_repeat(),
            // What never left, or was turned away at the door.
            Self::Settings(_)
            | Self::Incomplete { .. }
            | Self::Unsayable { .. }
            | Self::Refused(_)
            | Self::Unauthorized { .. }
            | Self::Unreachable { .. }
            | Self::Strict { .. }
            | Self::Storage { .. }
            | Self::File(_)
            | Self::Validation(_)
            | Self::Intercepted(_)
            | Self::Unrecorded { .. }
            | Self::Store(_)
            | Self::Unsent(_)
            | Self::Clock { .. }
            | Self::Interrupted => false,
        }
    }

    /// The gateway's answer, where there is one.
    pub fn answer(&self) -> Option<&Response<AnyData>> {
        match self {
            Self::Refused(refusal) => Some(&refusal.answer),
            _ => None,
        }
    }
}

fn refusal_text(refusal: &Refusal) -> String {
    let answer = &refusal.answer;
    let code = answer.status.code.as_ref().map_or("E", |code| code.as_str());
    let mut text = format!("{}: the gateway refused: {}", refusal.task.name(), one_line(code));
    if let Some(said) = &answer.status.text {
        text += &format!(" {}", one_line(said));
    }
    if let Some(stid) = &answer.stid {
        text += &format!(" (stid {})", one_line(stid));
    }
    if let Some(ctid) = &answer.ctid {
        text += &format!(" (ctid {})", one_line(ctid));
    }
    for message in answer.all_messages() {
        text += "\n  ";
        text += &one_line(message.code.as_deref().unwrap_or("-"));
        if let Some(said) = &message.text {
            text += &format!(" {}", one_line(said));
        }
        for object in &message.objects {
            let (r#type, value) = (object.r#type.as_deref().unwrap_or("?"), object.value.as_deref().unwrap_or(""));
            text += &format!(" [{} {}]", one_line(r#type), one_line(value));
        }
        if let Some(notice) = &message.notice {
            for line in notice.lines() {
                text += &format!("\n    {}", one_line(line));
            }
        }
    }
    text
}

fn time_text(unix: i64) -> String {
    jiff::Timestamp::from_second(unix).map_or_else(|_| unix.to_string(), |time| time.to_string())
}
