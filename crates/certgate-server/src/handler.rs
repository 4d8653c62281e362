//! Who answers.

use std::time::Duration;

use certgate_wire::{Reply, Request};

/// Which of the two faces a request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The XML gateway.
    Xml,
    /// The JSON API.
    Json,
}

impl Protocol {
    /// Where it is spoken.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Xml => "/xml",
            Self::Json => "/v1",
        }
    }
}

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
