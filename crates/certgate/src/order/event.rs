//! What happens while orders are driven.

use std::{path::Path, time::Duration};

use certgate_domain::{CertAuthentication, TaskKind};
use certgate_store::StoredMessage;
use certgate_wire::Finding;

use crate::{
    Error, OrderId, OrderReport, RefusalReason,
    validation::{PropagationEvent, ValidationError},
};

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Control {
    /// Go on.
    Continue,
    /// Stop after the requests in flight, as an interrupt does: what was ordered is in the store.
    Stop,
}

/// Something that happened to an order, or to the account's queue.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A task is about to be sent.
    Sending {
        /// Which task.
        task: TaskKind,
    },
    /// An answer had parts that certgate does not know.
    Findings {
        /// The task that was answered.
        task: TaskKind,
        /// The parts, each with its path and position.
        findings: &'a [Finding],
    },
    /// This has to be published to show control over the certificate's names. The order is sent once it is.
    Validation {
        /// What, and whether the gateway publishes it itself.
        authentication: &'a CertAuthentication,
    },
    /// The name servers were asked for the record that was published.
    Propagation(&'a PropagationEvent),
    /// The gateway accepted the order.
    Ordered {
        /// Its job, where the gateway said which.
        job: Option<i64>,
    },
    /// The gateway refused the order for a reason which shows that another one is right: that is placed instead.
    Replaced {
        /// Why it was refused.
        refusal: &'a RefusalReason,
        /// The other one's id.
        by: &'a OrderId,
        /// The other one's task.
        task: TaskKind,
    },
    /// Nothing to do for a while.
    Waiting {
        /// The time since the run began.
        now: Duration,
        /// When the gateway is asked next, on the same clock.
        until: Duration,
    },
    /// A request failed that is repeated later.
    Trouble(&'a Error),
    /// A message of the queue that is about no order of this store was stored, and is confirmed next.
    ForeignMessage {
        /// What the store made of it.
        stored: &'a StoredMessage,
        /// The gateway's id of it. Without one it cannot be confirmed and stays first in the queue.
        id: Option<i64>,
        /// The file that it was handed over in, where there is a spool.
        file: Option<&'a Path>,
    },
    /// A message of the queue is first in it still although this run confirmed it. Nobody gets past it: the jobs are asked themselves.
    MessageStays {
        /// The gateway's id of it.
        id: i64,
    },
    /// What became of an order could not be recorded. The next run looks for it.
    NotRecorded(&'a Error),
    /// Something that was published to validate an order could not be removed. The next run tries again.
    NotRemoved(&'a ValidationError),
    /// The order ended.
    Ended(&'a OrderReport),
}

/// Follows a run. Called by one thread at a time.
pub trait Observer: Send {
    /// Something happened; `order` is `None` where it concerns the account's queue.
    fn on(&mut self, order: Option<&OrderId>, event: &Event<'_>) -> Control;
}

/// Follows nothing.
impl Observer for () {
    fn on(&mut self, _: Option<&OrderId>, _: &Event<'_>) -> Control {
        Control::Continue
    }
}

impl<F: FnMut(Option<&OrderId>, &Event<'_>) -> Control + Send> Observer for F {
    fn on(&mut self, order: Option<&OrderId>, event: &Event<'_>) -> Control {
        self(order, event)
    }
}
