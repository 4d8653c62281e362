//! A request that is passed on as it is, and its reply as it comes.

use std::time::Duration;

use certgate_domain::{Identity, TaskKind};
use certgate_wire::{Header, Reply, Request};

use crate::{Asker, Client, SendError, TransportError, departure::Stay, exchange::retry_after};

/// Why a request that was to be passed on has no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RelayError {
    /// The run was asked to stop. Nothing was sent.
    #[error("interrupted: nothing was sent")]
    Interrupted,
    /// Whoever asked hung up before it left. Nothing was sent.
    #[error("nobody waits for the answer any more: nothing was sent")]
    HungUp,
    /// The gateway's pace would have had it wait so much longer than its asker does. Nothing was sent.
    #[error("the gateway's pace lets it leave in {} s at the earliest: nothing was sent", .0.as_secs_f64().ceil())]
    Paced(Duration),
    /// It never left.
    #[error("{0}: nothing was sent")]
    NotSent(String),
    /// It left, and no usable reply came: what it asked for may have been done.
    #[error("{0}: whether it was carried out is not known")]
    Unanswered(String),
}

/// What is said to the next hop only, or anew by each sender (RFC 9110, section 7.6.1).
const OF_ONE_HOP: [&str; 11] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "expect",
];

impl Client {
    /// Passes a request on as it is, but for what is said to one hop only, and gives the reply, whatever it is. It is sent once, while
    /// somebody waits for the reply, in its turn and at the pace of all. `task` and `identity` are what is known of it: an exchange
    /// of a known task is traced and recorded.
    ///
    /// # Errors
    /// No reply came.
    pub fn relay(
        &mut self,
        task: Option<TaskKind>,
        identity: Option<&Identity>,
        request: &Request,
        asker: &Asker<'_>,
    ) -> Result<Reply, RelayError> {
        self.hide(identity);
        let of_connection = listed(request.headers.iter().map(|header| (header.name.as_str(), header.value.expose())));
        let goes_on = |header: &&Header| {
            let name = header.name.to_ascii_lowercase();
            name != "host" && is_passed_on(&name, &of_connection)
        };
        let headers = request.headers.iter().filter(goes_on).cloned().collect();
        let Request { method, target, body, .. } = request;
        let request = Request { method: *method, target: target.clone(), headers, body: body.clone() };
        self.wait_for_departure(Some(asker)).map_err(|stay| match stay {
            Stay::Interrupted => RelayError::Interrupted,
            Stay::HungUp => RelayError::HungUp,
            Stay::Late(wait) => RelayError::Paced(wait),
        })?;
        let longest = self.patience.longest;
        let sent = match task {
            Some(task) => self.send_once(task, 1, &request, longest),
            None => self.transport.send(&request, longest).map_err(SendError::from),
        };
        let mut reply = sent.map_err(|error| self.unrelayed(&error))?;
        if matches!(reply.status, 429 | 503)
            && let Some(pause) = retry_after(&reply)
        {
            self.throttle.hold(pause);
        }
        let of_connection = listed(reply.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        reply.headers.retain(|(name, _)| is_passed_on(&name.to_ascii_lowercase(), &of_connection));
        Ok(reply)
    }

    fn unrelayed(&self, error: &SendError) -> RelayError {
        let why = self.redacted(&error.to_string());
        match error {
            SendError::Transport(TransportError::NotSent(..) | TransportError::Refused(..))
            | SendError::Interceptor(_) => RelayError::NotSent(why),
            SendError::Transport(_) => RelayError::Unanswered(why),
        }
    }
}

/// The headers that `Connection` says are for one hop only, in however many lines.
fn listed<'h>(headers: impl Iterator<Item = (&'h str, &'h str)>) -> Vec<String> {
    let connection = headers.filter(|(name, _)| name.eq_ignore_ascii_case("connection"));
    connection.flat_map(|(_, names)| names.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect()
}

fn is_passed_on(name: &str, of_connection: &[String]) -> bool {
    !OF_ONE_HOP.contains(&name) && !of_connection.iter().any(|listed| listed == name)
}
