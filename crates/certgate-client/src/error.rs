//! What can go wrong with one exchange, by who is at fault.

use std::{path::PathBuf, time::Duration};

use certgate_domain::{AnyData, Protocol, Response, TaskKind};
use certgate_files::FileError;
use certgate_wire::{DecodeError, Finding, Loss, one_line};
use certgate_x509::BadCertificate;

use crate::Phase;

/// What can go wrong between a task and its answer, by who is at fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Whoever configured the client: a setting cannot be used. Nothing was sent.
    #[error(transparent)]
    HttpSettings(#[from] HttpSettingsError),
    /// Whoever made the task: it cannot be sent as it is. Nothing was sent.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The gateway: it answered, and not with what it was asked for.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The way to the gateway: no answer came.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// An interceptor, which was to answer and could not. Nothing was sent.
    #[error("{0}")]
    Intercepted(Box<dyn std::error::Error + Send + Sync>),
    /// Nobody: the run was asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// Nobody: whoever asked for the task hung up before it left. Nothing was sent.
    #[error("{}: nobody waits for the answer any more: nothing was sent", .0.name())]
    HungUp(TaskKind),
}

/// A setting of a client cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpSettingsError {
    /// The endpoint holds credentials. It is not repeated.
    #[error("endpoint: credentials do not belong into the address")]
    CredentialsInEndpoint,
    /// The endpoint is no address of a gateway.
    #[error("endpoint `{endpoint}`: {why}; expected https://HOST/PATH")]
    Endpoint {
        /// The endpoint as it was given.
        endpoint: String,
        /// What is wrong with it.
        why: String,
    },
    /// The endpoint would have the password sent in the clear to another machine.
    #[error("endpoint `{0}`: http would send the password in the clear; use https (http is for loopback only)")]
    Unencrypted(String),
    /// The proxy's address is no HTTP proxy's. It is not repeated: it may hold a password.
    #[error("{}proxy: expected http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT", variable.map(|name| format!("{name}: ")).unwrap_or_default())]
    Proxy {
        /// The environment variable that it came from.
        variable: Option<&'static str>,
    },
    /// The file of trusted authorities cannot be read, or others could have written it.
    #[error(transparent)]
    UntrustedAuthorities(#[from] FileError),
    /// The file of trusted authorities holds something else than certificates.
    #[error("{}: {why}", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// What was found in it, and what was expected.
        why: BadCertificate,
    },
}

/// A task cannot be sent as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// It lacks something that the gateway cannot do without.
    #[error("{}: `{missing}` is missing: give it", task.name())]
    Incomplete {
        /// The task.
        task: TaskKind,
        /// The field, by the JSON API's name.
        missing: &'static str,
    },
    /// The protocol has no place for something of it, and leaving that out would ask for something else.
    #[error("{}: `{}` cannot be said over {protocol}: {}; leave it out, or use the other transport", task.name(), loss.path, loss.why)]
    Unsayable {
        /// The task.
        task: TaskKind,
        /// The protocol.
        protocol: Protocol,
        /// What would be lost, and why.
        loss: Loss,
    },
}

/// The gateway answered, and not with what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// It refused the task.
    #[error("{}", refusal_text(.0))]
    Refused(Box<Refusal>),
    /// It turned the credentials away by HTTP alone, without an answer of the protocol.
    #[error("{}: the gateway turned the credentials away (HTTP {http_status}): check user, password and context", task.name())]
    Unauthorized {
        /// The task.
        task: TaskKind,
        /// 401 or 403.
        http_status: u16,
    },
    /// Its answer cannot be decoded.
    #[error("{}: HTTP {http_status} at {endpoint}: the answer cannot be understood: {error}", task.name())]
    Undecodable {
        /// The task.
        task: TaskKind,
        /// What was found, where, and what was expected.
        error: DecodeError,
        /// The HTTP status.
        http_status: u16,
        /// The gateway's address, for people.
        endpoint: String,
        /// The body, redacted. Of an answer over the limit its beginning.
        body: Vec<u8>,
        /// The id of the message that it holds, where it is one of the queue's and its id can be read: nobody gets past it.
        message: Option<i64>,
    },
    /// Its answer has a part that the codec does not know. Only who accepts no such part makes an error of it: the client hands
    /// findings out beside the answer.
    #[error("{}: {finding}", task.name())]
    Unexpected {
        /// The task.
        task: TaskKind,
        /// The first such part, with its place.
        finding: Finding,
    },
}

/// No answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// The gateway cannot be reached, and nothing was changed by asking.
    #[error("{}: {why} ({attempts} attempt{})", task.name(), if *attempts == 1 { "" } else { "s" })]
    Unreachable {
        /// The task.
        task: TaskKind,
        /// Why, redacted.
        why: String,
        /// How often it was sent.
        attempts: u32,
        /// How far it got.
        phase: Phase,
    },
    /// The gateway's pace would have had the task wait for longer than its asker does. Nothing was sent.
    #[error("{}: the gateway's pace lets it leave in {} s at the earliest: nothing was sent", task.name(), wait.as_secs_f64().ceil())]
    Paced {
        /// The task.
        task: TaskKind,
        /// How long it would have had to wait still.
        wait: Duration,
    },
    /// A task that is not safe to repeat left and no answer came: nobody knows whether it was carried out. It was not sent again.
    #[error("{}: it was sent and no answer came ({why}): whether it was carried out is not known. It was not sent again{}", task.name(), ctid.as_ref().map(|ctid| format!(" (ctid {ctid})")).unwrap_or_default())]
    OutcomeUnknown {
        /// The task.
        task: TaskKind,
        /// Why there was no answer, redacted.
        why: String,
        /// The transaction id that it carried.
        ctid: Option<String>,
    },
}

/// The gateway refused a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The task.
    pub task: TaskKind,
    /// The gateway's whole answer.
    pub answer: Response<AnyData>,
    /// Whether the credentials are what it refused.
    pub auth: bool,
}

impl Error {
    /// Whether a task that is not safe to repeat may have been carried out although its call failed so: look for it before it is
    /// sent again.
    pub fn leaves_outcome_open(&self) -> bool {
        match self {
            Self::Gateway(error) => error.leaves_outcome_open(),
            Self::Network(error) => error.leaves_outcome_open(),
            Self::HttpSettings(_) | Self::Task(_) | Self::Intercepted(_) | Self::Interrupted | Self::HungUp(_) => false,
        }
    }

    /// The gateway's refusal, where the task was refused for something else than the credentials.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Gateway(error) => error.refusal(),
            _ => None,
        }
    }
}

impl GatewayError {
    /// Whether the task may have been carried out all the same.
    pub fn leaves_outcome_open(&self) -> bool {
        match self {
            Self::Undecodable { task, .. } => !task.is_safe_to_repeat(),
            // Turned away at the door, or answered.
            Self::Refused(_) | Self::Unauthorized { .. } | Self::Unexpected { .. } => false,
        }
    }

    /// The refusal, where the task was refused for something else than the credentials.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) if !refusal.auth => Some(refusal),
            _ => None,
        }
    }

    /// Whether the credentials were turned away.
    pub fn blames_credentials(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.auth,
            Self::Unauthorized { .. } => true,
            Self::Undecodable { .. } | Self::Unexpected { .. } => false,
        }
    }
}

impl NetworkError {
    /// Whether the task may have been carried out.
    pub fn leaves_outcome_open(&self) -> bool {
        matches!(self, Self::OutcomeUnknown { .. })
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
            let words = [Some(object.r#type.as_deref().unwrap_or("?")), object.value.as_deref()];
            let words = words.into_iter().flatten().filter(|word| !word.is_empty()).map(one_line);
            text += &format!(" [{}]", words.collect::<Vec<_>>().join(" "));
        }
        if let Some(notice) = &message.notice {
            for line in notice.lines() {
                text += &format!("\n    notice: {}", one_line(line));
            }
        }
    }
    text
}
