//! Why a task has no answer of a gateway, and how the caller is told.

use std::time::Duration;

use certgate_client::{Error, GatewayError, NetworkError, Phase, RelayError};
use certgate_domain::{AnyData, Message, Response};
use certgate_server::{message, own_code, refusal};
use certgate_wire::Reply;

/// Why a task has no answer of a gateway.
#[derive(Debug)]
pub(crate) struct Unanswered {
    /// What HTTP says.
    pub(crate) status: u16,
    text: String,
    /// The start of an answer that cannot be understood, redacted.
    notice: Option<String>,
    /// When to ask again, in seconds.
    pub(crate) retry_after: Option<u64>,
    /// Whether the task was surely not carried out, and changed nothing.
    pub(crate) is_undone: bool,
}

/// How much is shown of an answer that cannot be understood.
const EXCERPT: usize = 1024;
/// What HTTP would say to who hung up, as nginx logs it.
const HUNG_UP: u16 = 499;

impl Unanswered {
    fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), notice: None, retry_after: None, is_undone: true }
    }

    /// One that is over after so many seconds.
    fn for_now(status: u16, seconds: u64, text: impl Into<String>) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(status, text) }
    }

    /// The gateway's pace has it wait for so long.
    fn paced(wait: Duration, text: String) -> Self {
        Self::for_now(429, wait.as_secs_f64().ceil() as u64, text)
    }

    /// The bridge is not the one for this task.
    pub(crate) fn unknown_task(code: &str) -> Self {
        Self::new(404, format!("This bridge does not know task {code}. Nothing was sent for it."))
    }

    /// No route of the API.
    pub(crate) fn no_route() -> Self {
        Self::new(404, "There is no such route here. Nothing was sent.")
    }

    /// One before it in the same request was not answered.
    pub(crate) fn not_sent() -> Self {
        Self::new(424, "It was not sent, since a task before it was not answered.")
    }

    /// The gateway turned it away for now.
    pub(crate) fn turned_away(reply: &Reply) -> Self {
        let seconds = reply.header("retry-after").and_then(|seconds| seconds.trim().parse().ok());
        Self::for_now(429, seconds.unwrap_or(1), "The gateway asks for patience (HTTP 429). It was not carried out.")
    }

    /// All clients are busy for longer than the caller waits.
    pub(crate) fn busy() -> Self {
        Self::for_now(503, 1, "The gateway is busy with others' tasks. Nothing was sent.")
    }

    /// Nobody waited for the answer any more when it was to leave.
    pub(crate) fn hung_up() -> Self {
        Self::new(HUNG_UP, "Its caller hung up before it was sent.")
    }

    pub(crate) fn is_hung_up(&self) -> bool {
        self.status == HUNG_UP
    }

    /// What an error of the client means to the caller.
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::HungUp(_) => Self::hung_up(),
            Error::Network(NetworkError::Paced { wait, .. }) => Self::paced(*wait, error.to_string()),
            Error::Interrupted => Self::for_now(503, 1, "The bridge is being stopped. Nothing was sent."),
            Error::Network(NetworkError::Unreachable { phase: Phase::Pace, .. }) => {
                Self::for_now(429, 1, format!("{error}; it changed nothing"))
            }
            Error::Network(NetworkError::Unreachable { .. }) => Self::new(502, format!("{error}; it changed nothing")),
            Error::Gateway(GatewayError::Undecodable { body, .. }) => {
                let start = body.get(..EXCERPT).unwrap_or(body);
                let notice = String::from_utf8_lossy(start).trim().to_owned();
                let is_undone = !error.leaves_outcome_open();
                let what = if is_undone { "it changed nothing" } else { "whether it was carried out is not known" };
                Self { notice: Some(notice), is_undone, ..Self::new(502, format!("{error}; {what}")) }
            }
            Error::HttpSettings(_) => Self::new(500, error.to_string()),
            // Found once what it lacks was looked up.
            Error::Task(_) => Self::new(502, format!("{error}; it changed nothing")),
            _ => Self { is_undone: false, ..Self::new(502, error.to_string()) },
        }
    }

    /// What it means to the caller that a request could not be passed through.
    pub(crate) fn of_relay(error: &RelayError, is_safe: bool) -> Self {
        let text = error.to_string();
        match error {
            RelayError::HungUp => Self::hung_up(),
            RelayError::Interrupted => Self::for_now(503, 1, text),
            RelayError::Paced(wait) => Self::paced(*wait, text),
            RelayError::NotSent(_) => Self::new(502, text),
            RelayError::Unanswered(why) if is_safe => Self::new(502, format!("{why}; it changed nothing")),
            _ => Self { is_undone: false, ..Self::new(502, text) },
        }
    }

    /// Whether an answer says that the bridge does not know the task or the route.
    pub(crate) fn is_not_found(answer: &Response<AnyData>) -> bool {
        answer.messages.iter().any(|message| message.code.as_deref() == Some(own_code(404).as_str()))
    }

    /// The answer that tells it, for a task of that number.
    pub(crate) fn answer(&self, number: &str) -> Response<AnyData> {
        let code = own_code(self.status);
        let reason = Message { notice: self.notice.clone(), ..message(&code, &self.text, "task", number) };
        refusal(&format!("E{number}"), reason)
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_passed_through_and_not_answered_may_have_been_done() {
        let why = || "why".to_owned();
        for (error, safe, unsafe_) in [
            (RelayError::NotSent(why()), true, true),
            (RelayError::Paced(Duration::ZERO), true, true),
            (RelayError::Interrupted, true, true),
            (RelayError::Unanswered(why()), true, false),
        ] {
            for (is_safe, is_undone) in [(true, safe), (false, unsafe_)] {
                let trouble = Unanswered::of_relay(&error, is_safe);
                assert_eq!(trouble.is_undone, is_undone, "{error} {is_safe}");
                assert_eq!(trouble.text.ends_with("is not known"), !is_undone, "{error} {is_safe}");
            }
        }
    }
}
