//! What stands around an exchange: it sees each request before it leaves and each reply when it comes.

use std::{sync::Arc, time::Duration};

use certgate_domain::{Protocol, TaskKind};
use certgate_wire::{Codec, Reply, Request};

use crate::{Error, Exchange, Redactor, TransportError};

/// A request on its way, with what is needed to tell about it.
pub struct Outgoing<'a> {
    /// Its task.
    pub task: TaskKind,
    /// How often it was sent, this time included.
    pub attempt: u32,
    /// The time since the client was made.
    pub since: Duration,
    /// The gateway's address, for people.
    pub endpoint: &'a str,
    /// The request with its secrets.
    pub request: &'a Request,
    /// The protocol.
    pub codec: &'a dyn Codec,
    /// Takes the run's secrets out of what is told.
    pub redactor: &'a Redactor,
}

/// Why a request brought no reply.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The transport had none.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// An interceptor was to answer, and could not: nothing was sent.
    #[error(transparent)]
    Interceptor(Box<dyn std::error::Error + Send + Sync>),
}

/// Stands around each exchange of a client.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use certgate_client::{Interceptor, Outgoing, SendError};
/// use certgate_wire::Reply;
///
/// #[derive(Default)]
/// struct Counter(AtomicUsize);
///
/// impl Interceptor for Counter {
///     fn around(&self, _: &Outgoing<'_>, send: &mut dyn FnMut() -> Result<Reply, SendError>) -> Result<Reply, SendError> {
///         self.0.fetch_add(1, Ordering::Relaxed);
///         send()
///     }
/// }
/// ```
pub trait Interceptor: Send + Sync {
    /// Lets the request go on by calling `send`, once at most, or answers it. What became of it is decided by `send`: an
    /// interceptor that cannot record an exchange says so when the run ends, and holds no answer back.
    ///
    /// # Errors
    /// What `send` said, or [`SendError::Interceptor`].
    fn around(
        &self,
        outgoing: &Outgoing<'_>,
        send: &mut dyn FnMut() -> Result<Reply, SendError>,
    ) -> Result<Reply, SendError>;

    /// Whether it answers every request, so that no time needs to pass between two.
    fn answers_everything(&self) -> bool {
        false
    }

    /// Whether the next request that it has an answer to is one of that task.
    fn answers_next(&self, _: TaskKind) -> bool {
        false
    }
}

/// Counts the tasks of a client.
pub trait Meter: std::fmt::Debug + Send + Sync {
    /// A task came to that, however often its request was sent.
    fn count(&self, task: TaskKind, protocol: Protocol, came: &Result<Exchange, Error>);
}

/// Sends a request through all of them, the first one outermost.
pub(crate) fn through(
    interceptors: &[Arc<dyn Interceptor>],
    outgoing: &Outgoing<'_>,
    send: &mut dyn FnMut() -> Result<Reply, SendError>,
) -> Result<Reply, SendError> {
    match interceptors.split_first() {
        None => send(),
        Some((first, rest)) => first.around(outgoing, &mut || through(rest, outgoing, send)),
    }
}
