//! What a workflow asks for, and what it is told.

use std::time::Duration;

use certgate_domain::{AnyData, AnyTask, CertAuthentication, Certificate, PollMessage, Response, TaskKind};
use certgate_x509::CertificateRequest;

use crate::{RequestError, Silence, Wait};

/// What to do next. Asking again without having told anything gives the same step.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Send this task and tell what came.
    Send(AnyTask),
    /// Show, or see to, the data that shows control over the name; then tell `Published`.
    Publish {
        /// The data.
        authentication: Box<CertAuthentication>,
        /// The order that is sent next.
        order: Box<AnyTask>,
    },
    /// Store this message of the queue durably, ours or somebody else's; then tell `Stored`.
    Store(Box<PollMessage>),
    /// Say whether this message of the queue is about an order of the store; then tell `Identified`.
    Identify(Box<PollMessage>),
    /// Nothing to do until then.
    Wait(Duration),
    /// It is over.
    End(Box<Ending>),
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The gateway answered, be it with a refusal.
    Answered(Response<AnyData>),
    /// No answer to a task that is safe to repeat, after all retries.
    Unreachable,
    /// The record is shown or on its way.
    Published,
    /// The message is on disk.
    Stored,
    /// Another process looks into the queue, and stores what it finds; why it finds nothing, where it does not.
    ReadByAnother(Option<Silence>),
    /// Whose the message is.
    Identified(Whose),
}

/// Whose a message of the queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The store knows its order: it may be stored and confirmed.
    Ours,
    /// Somebody else's.
    Foreign,
    /// About no order that the store knows by its job, while an order is about to leave or its answer on its way: it may be that one's.
    NotKnownYet,
}

/// How a workflow ends.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Ending {
    /// The certificate as fetched, to be checked.
    Issued(Certificate),
    /// The certificate is deleted.
    Deleted,
    /// The gateway refused a task.
    Refused(Response<AnyData>),
    /// The job ended without success; the message where one told of it.
    Failed(Option<PollMessage>),
    /// Accepted and not finished.
    Pending(Pending),
    /// The request cannot be ordered; nothing was.
    InvalidRequest(RequestError),
    /// The answer to that task says that it went well, and holds no certificate.
    ProtocolViolation(TaskKind),
}

/// Why an accepted order is left unfinished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// It was to be so.
    NoWait,
    /// Time is up.
    Deadline,
    /// Somebody else's message is first in the queue, and it was not to be touched.
    ForeignFirst {
        /// Its id.
        message: Option<i64>,
    },
}

/// What to do with messages of the queue that are not ours. They are the account's, and are never lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForeignMessages {
    /// Leave them where they are, and ask for the job while one is first: whoever else reads the queue loses nothing.
    #[default]
    Keep,
    /// Store each durably, then confirm it, to get at the next.
    Spool,
    /// Stop at the first one.
    Stop,
    /// Never touch the queue: ask for the job and the certificate instead.
    Leave,
}

impl ForeignMessages {
    /// All ways.
    pub const ALL: [Self; 4] = [Self::Keep, Self::Spool, Self::Stop, Self::Leave];

    /// The word that settings have for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Spool => "spool",
            Self::Stop => "stop",
            Self::Leave => "leave",
        }
    }
}

/// The life of one order, which a [`Batch`](crate::Batch) drives.
pub trait Workflow: Send {
    /// What to do next. `now` is the time since the run began.
    fn step(&mut self, now: Duration) -> Step;
    /// What happened on the last step.
    fn heard(&mut self, event: Event, now: Duration);
    /// The wait for the accepted order, once it is one.
    fn waiting(&mut self) -> Option<&mut Wait>;
    /// Whether the order is accepted: from here on, giving up leaves something behind.
    fn is_ordered(&self) -> bool;
    /// The job's id, once the order is accepted.
    fn job(&self) -> Option<i64>;
    /// The certificate that it is about; a new one has none yet.
    fn certificate(&self) -> Option<i64>;
    /// The certificate's name, once it is known.
    fn name(&self) -> Option<&str>;
    /// The CSR's facts, once they are known; a deletion has none.
    fn request(&self) -> Option<&CertificateRequest>;
}
