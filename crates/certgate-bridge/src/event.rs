//! What a bridge tells whoever runs it.

use std::fmt;

use certgate_domain::{Protocol, TaskKind};
use certgate_wire::{DecodeError, Finding, Loss, one_line};

use crate::Way;

/// Which side of an exchange a finding was on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Side {
    /// The caller's request.
    Request,
    /// The gateway's answer.
    Answer,
}

/// What happened at a bridge. Its text names tasks and places, never what stood there.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A request that is not in the protocol; it was refused.
    Unreadable(&'a DecodeError),
    /// A task or a route that the bridge does not know; it was refused.
    Unknown {
        /// The task's number, or the route without the names of things.
        what: &'a str,
    },
    /// An option of a task was left out, which the protocol behind has no place for.
    LeftOut {
        /// The task.
        task: TaskKind,
        /// The option, by the JSON API's name.
        option: &'a str,
    },
    /// A request whose caller hung up before it had the answer; what was not sent by then is not sent.
    HungUp,
    /// Something was not understood.
    Finding {
        /// The task.
        task: TaskKind,
        /// On which side.
        side: Side,
        /// What, and where.
        finding: &'a Finding,
    },
    /// An answer says something that the protocol in front cannot say.
    Lost {
        /// The protocol in front.
        front: Protocol,
        /// What is lost, and why.
        loss: &'a Loss,
    },
    /// What became of a task.
    Answered {
        /// The task, by its name or else its number.
        task: &'a str,
        /// Which way it went.
        way: Way,
        /// The answer's code, where it has one.
        code: Option<&'a str>,
        /// The gateway's transaction id.
        stid: Option<&'a str>,
    },
    /// The two sides answered a task differently.
    Different {
        /// The task.
        task: TaskKind,
        /// The fields, and how they differ.
        fields: &'a [String],
    },
    /// The access log could not be written.
    NotLogged {
        /// Why.
        why: &'a str,
    },
    /// A task has no answer: HTTP said so to the caller.
    Unanswered {
        /// Why, and what is known of it.
        why: &'a str,
    },
}

impl Event<'_> {
    /// Whether it is a warning: the exchange goes on, and something of it is odd.
    pub fn is_warning(&self) -> bool {
        matches!(
            self,
            Self::Unreadable(_)
                | Self::Unknown { .. }
                | Self::LeftOut { .. }
                | Self::Finding { .. }
                | Self::Lost { .. }
                | Self::NotLogged { .. }
        )
    }
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // What was found may be a password that stood at the wrong place.
            Self::Unreadable(why) => {
                let place = why.place.map(|place| format!("{place}: ")).unwrap_or_default();
                write!(f, "a request cannot be read: {place}{}: expected {}", why.path, why.expected)
            }
            Self::Unknown { what } => write!(f, "this bridge does not know {}: it was refused", one_line(what)),
            Self::LeftOut { task, option } => {
                write!(f, "{}: `{option}` was left out: the protocol behind has no place for it", task.name())
            }
            Self::Different { task, fields } => {
                write!(f, "{}: the sides differ: {}", task.name(), fields.join(", "))
            }
            Self::NotLogged { why } => write!(f, "the access log cannot be written: {why}"),
            Self::HungUp => f.write_str(
                "a caller hung up, or closed its half of the connection: what was not sent yet is not sent, and no answer reached it",
            ),
            Self::Finding { task, side, finding } => {
                let side = match side {
                    Side::Request => "request",
                    Side::Answer => "answer",
                };
                write!(f, "{} {side}: {finding}", task.name())
            }
            Self::Lost { front, loss } => {
                write!(f, "answer: `{}` cannot be said over {front}: {}", loss.path, loss.why)
            }
            Self::Answered { task, way, code, stid } => {
                let how = if *way == Way::PassedThrough { " (passed through)" } else { "" };
                write!(f, "{}{how}: {}", one_line(task), one_line(code.unwrap_or("no code")))?;
                stid.map_or(Ok(()), |stid| write!(f, " (stid {})", one_line(stid)))
            }
            Self::Unanswered { why } => f.write_str(why),
        }
    }
}
