//! How requests leave.

use std::time::Duration;

use certgate_wire::{Reply, Request};

use crate::Client;

/// Carries a request to a gateway and brings the reply.
pub trait Transport: Send {
    /// Sends it once; never again by itself.
    ///
    /// # Errors
    /// No reply came. The error says whether the request may have arrived.
    fn send(&mut self, request: &Request, timeout: Duration) -> Result<Reply, TransportError>;

    /// The same for a request that does no harm when it arrives twice: it may leave over a connection that an earlier one left open, which
    /// the other side may be closing just then.
    ///
    /// # Errors
    /// As with [`Transport::send`].
    fn send_repeatable(&mut self, request: &Request, timeout: Duration) -> Result<Reply, TransportError> {
        self.send(request, timeout)
    }

    /// Leaves a connection open after each request that may be repeated, for the next one of that sort.
    fn keep_connections(&mut self) {}

    /// The address, for people.
    fn endpoint(&self) -> &str;
}

impl Client {
    /// Leaving a connection open for the next request, where the requests may be repeated; every other one has a connection of its own.
    #[must_use]
    pub fn keeping_connections(mut self) -> Self {
        self.transport.keep_connections();
        self
    }
}

/// How far a request got that was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// The way there: no address, or nobody listens.
    Connection,
    /// A connection, but no TLS over it.
    Tls,
    /// The proxy did not let it through.
    Proxy,
    /// The proxy wants credentials, or other ones.
    ProxyCredentials,
    /// The gateway asked to slow down.
    Pace,
    /// It left, and nothing usable came back.
    Answer,
}

/// Why no reply came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request never left: no address, no connection, no TLS.
    #[error("{0}")]
    NotSent(String, Phase),
    /// The request cannot be sent, now or later: the other side's certificate is not trusted, an address or a header is none.
    #[error("{0}")]
    Refused(String, Phase),
    /// It left, and what came back is no answer of HTTP.
    #[error("{0}")]
    Unreadable(String),
    /// It left, at least in part: it may have arrived.
    #[error("{0}")]
    Unanswered(String, Phase),
    /// A reply came, too large to be taken.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The most that is taken, in bytes.
        limit: usize,
        /// Its status and headers, and the first bytes of its body.
        start: Box<Reply>,
    },
}
