//! Who answers.

use std::time::Duration;

use certgate_domain::Protocol;
use certgate_wire::{Reply, Request};

/// Answers requests.
pub trait Handler: Send + Sync + 'static {
    /// The protocols that are spoken here.
    fn protocols(&self) -> &[Protocol];

    /// What becomes of a request. It may take its time: each is handled on a thread of its own.
    fn handle(&self, protocol: Protocol, request: &Request) -> Handled;
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handled {
    /// It is answered, after so long.
    Reply(Reply, Duration),
    /// The answer breaks off in its middle.
    CutShort(Reply),
    /// The connection is dropped.
    Dropped,
}
