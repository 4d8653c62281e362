//! Who answers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use certgate_domain::Protocol;
use certgate_wire::{Reply, Request};

use crate::socket::Socket;

/// Answers requests.
pub trait Handler: Send + Sync + 'static {
    /// The protocols that are spoken here.
    fn protocols(&self) -> &[Protocol];

    /// What becomes of a request. It may take its time: each is handled on a thread of its own.
    fn handle(&self, protocol: Protocol, request: &Request, caller: &Caller) -> Handled;

    /// How a request of a protocol is turned away that is not handled at all, in that protocol's own form, with this HTTP status.
    /// `None` says it in plain text.
    fn turn_away(&self, _protocol: Protocol, _status: u16, _why: &str, _caller: &Caller) -> Option<Reply> {
        None
    }

    /// How long a large request may wait until there is room for it.
    fn max_wait(&self) -> Duration {
        Duration::from_secs(60)
    }

    /// The addresses of the gateways that it stands for: callers that mean one of them, and were led here, are served.
    fn stands_for(&self) -> &[String] {
        &[]
    }

    /// A page that belongs to no protocol, by its path. `/healthz` and `/metrics` are the server's own.
    fn page(&self, _path: &str) -> Option<Reply> {
        None
    }

    /// What it counts, in the text format of Prometheus: `/metrics` shows it after the server's own counts.
    fn metrics(&self) -> String {
        String::new()
    }
}

/// Who waits for an answer.
#[derive(Debug, Clone)]
pub struct Caller {
    has_hung_up: Arc<AtomicBool>,
    socket: Option<Socket>,
    since: Instant,
    waited: Duration,
}

impl Default for Caller {
    /// One who comes now.
    fn default() -> Self {
        Self::new(Instant::now(), Duration::ZERO)
    }
}

impl Caller {
    /// One whose request began to come then, and waited so long for its room.
    pub fn new(since: Instant, waited: Duration) -> Self {
        Self { has_hung_up: Arc::default(), socket: None, since, waited }
    }

    /// The same, at the other end of that connection.
    pub(crate) fn at(self, socket: Option<Socket>) -> Self {
        Self { socket, ..self }
    }

    /// When the request began to come.
    pub fn since(&self) -> Instant {
        self.since
    }

    /// How long the request waited before it was handled, as large ones do until there is room.
    pub fn waited(&self) -> Duration {
        self.waited
    }

    /// Whether nobody waits any more: the connection is closed, or the caller says no more over it. What was not sent yet need not be.
    pub fn has_hung_up(&self) -> bool {
        self.has_hung_up.load(Ordering::Relaxed) || self.socket.as_ref().is_some_and(Socket::is_closed)
    }
}

/// Tells a [`Caller`] that it has hung up when it is dropped, which is when the connection is.
pub(crate) struct Line(pub(crate) Caller);

impl Drop for Line {
    fn drop(&mut self) {
        self.0.has_hung_up.store(true, Ordering::Relaxed);
    }
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
