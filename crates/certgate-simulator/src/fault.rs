//! Misbehaviour.

use std::time::Duration;

use certgate_domain::TaskKind;

/// A way to misbehave, once. With a task it waits for that one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Answers, but late.
    Late(Option<TaskKind>, Duration),
    /// This HTTP status with a plain text; 429 and 503 with `Retry-After: 1`. The task is not carried out.
    Status(Option<TaskKind>, u16),
    /// Carries the task out, and answers HTTP 502 with the HTML of a proxy.
    Html502(Option<TaskKind>),
    /// Carries the task out, and answers HTTP 200 with the HTML of a proxy.
    Html200(Option<TaskKind>),
    /// Carries the task out and breaks the answer off in its middle.
    CutShort(Option<TaskKind>),
    /// Carries the task out and drops the connection without an answer.
    DropAfterRead(Option<TaskKind>),
    /// Drops the connection without having read the task: it is not carried out.
    DropBeforeRead(Option<TaskKind>),
    /// Reads the task, does not carry it out, and does not answer for so long.
    Hang(Option<TaskKind>, Duration),
    /// Answers an error with HTTP 200 over JSON too.
    Error200(Option<TaskKind>),
    /// Adds an element or field that nobody knows to the answer.
    Unknown(Option<TaskKind>),
    /// Answers with the secret that the request came with wherever a text may stand.
    Echo(Option<TaskKind>),
}

impl Fault {
    pub(crate) fn task(&self) -> Option<TaskKind> {
        match self {
            Self::Late(task, _)
            | Self::Hang(task, _)
            | Self::DropBeforeRead(task)
            | Self::Status(task, _)
            | Self::Html502(task)
            | Self::Html200(task)
            | Self::CutShort(task)
            | Self::DropAfterRead(task)
            | Self::Error200(task)
            | Self::Unknown(task)
            | Self::Echo(task) => *task,
        }
    }
}
