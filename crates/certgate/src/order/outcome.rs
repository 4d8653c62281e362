//! What an order comes to.

use certgate_domain::{Certificate, PollMessage, TaskKind};
use certgate_flow::RequestError;
use certgate_store::Order;
use certgate_x509::Check;

use crate::{
    Error, OrderId, OrderState, Refusal,
    installation::{Deployment, InstallError, Installation, Installed},
    validation::ValidationError,
};

/// An order at the end of a run.
#[derive(Debug)]
pub struct OrderReport {
    /// Its own id.
    pub id: OrderId,
    /// Its task.
    pub task: TaskKind,
    /// The certificate that it is about; a new one has none until it is issued.
    pub certificate: Option<i64>,
    /// The certificate's name, once it is known.
    pub name: Option<String>,
    /// The gateway's job, once it accepted the order.
    pub job: Option<i64>,
    /// The order's record in the store, where it has one.
    pub record: Option<Order>,
    /// What it came to.
    pub outcome: Outcome,
    /// The order that the gateway refused, and that it was placed instead of: see [`RunItem::instead`](crate::RunItem::instead).
    pub replaces: Option<OrderId>,
}

/// What an order came to.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The certificate was issued, passed every check, and is where it belongs.
    Issued(Box<Issuance>),
    /// The certificate was issued and paid for, and failed a check: nothing was written.
    CheckFailed(Box<Issuance>),
    /// The certificate was issued, and somebody else's order replaced it before it was fetched: what the gateway shows is another one's.
    Overtaken {
        /// What the gateway shows.
        issuance: Box<Issuance>,
        /// The job of the other order.
        by: i64,
    },
    /// The certificate was issued, passed every check, and could not be put in place.
    NotInstalled(Box<Issuance>, InstallError),
    /// The certificate was deleted.
    Deleted,
    /// The gateway accepted the order, and it is not finished.
    Pending(PendingReason),
    /// The gateway ended the job without success; the message where one told of it.
    Failed(Option<Box<PollMessage>>),
    /// The order was sent, and it is not known whether it arrived.
    Unknown(Error),
    /// The gateway refused the order, or a task before it.
    Refused(Box<Refusal>),
    /// The request cannot be ordered.
    InvalidRequest(RequestError),
    /// The gateway's answer to that task holds no certificate.
    ProtocolViolation(TaskKind),
    /// What shows control over the names was not published, or not seen.
    NotValidated(ValidationError),
    /// Something went wrong before the order was sent.
    NotSent(Error),
    /// The run ended before the order was sent.
    NotReached,
    /// Another process has claimed it: that one orders it, or has.
    Held,
}

/// A certificate that was issued.
#[derive(Debug)]
pub struct Issuance {
    /// The certificate as the gateway shows it.
    pub certificate: Certificate,
    /// Every check, in the order in which they were made.
    pub checks: Vec<Check>,
    /// What was installed; absent where the certificate goes nowhere.
    pub installed: Option<Installed>,
}

/// Why an accepted order is not finished.
#[derive(Debug)]
#[non_exhaustive]
pub enum PendingReason {
    /// It was not to be waited for.
    NotWaitedFor,
    /// The time was up.
    Deadline,
    /// A message of somebody else's is first in the queue, and was not to be touched.
    ForeignMessageFirst {
        /// The gateway's id of the message.
        message: Option<i64>,
    },
    /// The wait ended with an error.
    Stopped(Error),
    /// The gateway refused what was asked about the order.
    Refused(Box<Refusal>),
    /// The gateway's answer to that task holds no certificate.
    ProtocolViolation(TaskKind),
    /// The run ended for another order's reason.
    RunEnded,
}

impl Outcome {
    /// Where the order stands.
    pub fn state(&self) -> OrderState {
        match self {
            Self::Issued(_) | Self::Deleted => OrderState::Done,
            Self::CheckFailed(_) | Self::NotInstalled(..) => OrderState::Issued,
            Self::Overtaken { .. } => OrderState::Abandoned,
            Self::Pending(_) => OrderState::Pending,
            Self::Failed(_) => OrderState::Failed,
            Self::Unknown(_) => OrderState::Unknown,
            Self::Refused(refusal) if !refusal.task.is_safe_to_repeat() => OrderState::Refused,
            // Of a task before the order.
            Self::Refused(_)
            | Self::InvalidRequest(_)
            | Self::ProtocolViolation(_)
            | Self::NotValidated(_)
            | Self::NotSent(_)
            | Self::NotReached
            | Self::Held => OrderState::Unsent,
        }
    }
}

impl Outcome {
    /// The installation whose hook is left to the end of the run: see [`HookTime::AtEnd`](crate::installation::HookTime::AtEnd).
    pub fn hook_due(&self) -> Option<Installation> {
        match self {
            Self::Issued(issuance) => issuance.installed.as_ref()?.hook_due.as_deref().cloned().map(Installation::new),
            _ => None,
        }
    }

    /// Takes down what came of a hook that was left to the end of the run.
    pub fn deployed(&mut self, deployment: Deployment) {
        if let Self::Issued(issuance) = self
            && let Some(installed) = &mut issuance.installed
        {
            installed.deployment = deployment;
            installed.hook_due = None;
        }
    }
}

impl OrderReport {
    /// Where the order stands: by its record, where it has one.
    pub fn state(&self) -> OrderState {
        match &self.record {
            Some(record) => record.state,
            None => self.outcome.state(),
        }
    }
}
