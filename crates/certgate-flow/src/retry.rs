//! Whether to send again.

use std::time::Duration;

/// What went wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportFailure {
    /// It never left: no address, no connection, no TLS.
    NotSent,
    /// It cannot be sent, now or later: a certificate that is not trusted, an address or a header that is none.
    Refused,
    /// It left, and what came back is no answer of HTTP: the next one would be none either.
    Unreadable,
    /// It left, at least in part, and no usable answer came.
    Unanswered,
    /// The gateway turned it away unread: HTTP 429.
    Busy {
        /// What `Retry-After` said.
        retry_after: Option<Duration>,
    },
    /// HTTP 5xx without an answer of the protocol.
    ServerError {
        /// What `Retry-After` said.
        retry_after: Option<Duration>,
    },
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Send again after so long.
    Again(Duration),
    /// Stop: nothing was done.
    GiveUp,
    /// Stop: whether it was done is not known, and sending again might do it twice.
    Unknown,
}

/// How often a request is sent at most.
const ATTEMPTS: u32 = 4;
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(8);

/// Decides after the `attempt`th sending (from 1) of a task that is safe to repeat or not. `jitter` is any number from 0 to 1:
/// it spreads the waits between half and the whole of the backoff.
///
/// A request that never left, or was turned away unread, may always be sent again. One that is not safe to repeat is never sent
/// twice otherwise.
///
/// ```
/// use certgate_flow::{Decision, TransportFailure, decide};
/// assert_eq!(decide(1, TransportFailure::Unanswered, false, 0.5), Decision::Unknown);
/// assert!(matches!(decide(1, TransportFailure::Unanswered, true, 0.5), Decision::Again(_)));
/// ```
pub fn decide(attempt: u32, trouble: TransportFailure, safe_to_repeat: bool, jitter: f64) -> Decision {
    let retry_after = match (trouble, safe_to_repeat) {
        (TransportFailure::Unanswered | TransportFailure::Unreadable | TransportFailure::ServerError { .. }, false) => {
            return Decision::Unknown;
        }
        (TransportFailure::Refused, _) | (TransportFailure::Unreadable, true) => return Decision::GiveUp,
        (TransportFailure::NotSent | TransportFailure::Unanswered, _) => None,
        (TransportFailure::Busy { retry_after }, _) | (TransportFailure::ServerError { retry_after }, true) => {
            retry_after
        }
    };
    if attempt >= ATTEMPTS {
        return Decision::GiveUp;
    }
    let backoff = (FIRST * 2u32.saturating_pow(attempt.saturating_sub(1).min(16))).min(LONGEST);
    let spread = backoff.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
    Decision::Again(spread.max(retry_after.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Decision, TransportFailure, decide};

    #[test]
    fn decisions() {
        let (second, ms) = (Duration::from_secs, Duration::from_millis);
        let busy = TransportFailure::Busy { retry_after: Some(second(7)) };
        let down = TransportFailure::ServerError { retry_after: None };
        for (attempt, trouble, safe, jitter, expected) in [
            (1, TransportFailure::NotSent, false, 1.0, Decision::Again(ms(500))),
            (1, TransportFailure::NotSent, true, 0.0, Decision::Again(ms(250))),
            (2, TransportFailure::Unanswered, true, 1.0, Decision::Again(second(1))),
            (1, busy, true, 1.0, Decision::Again(second(7))),
            (1, down, true, 1.0, Decision::Again(ms(500))),
            (4, TransportFailure::NotSent, false, 1.0, Decision::GiveUp),
            (4, down, true, 1.0, Decision::GiveUp),
            (1, TransportFailure::Unanswered, false, 1.0, Decision::Unknown),
            (1, down, false, 1.0, Decision::Unknown),
            (1, busy, false, 1.0, Decision::Again(second(7))),
            (4, busy, false, 1.0, Decision::GiveUp),
            (1, TransportFailure::Refused, true, 1.0, Decision::GiveUp),
            (1, TransportFailure::Refused, false, 1.0, Decision::GiveUp),
            (1, TransportFailure::Unreadable, true, 1.0, Decision::GiveUp),
            (1, TransportFailure::Unreadable, false, 1.0, Decision::Unknown),
        ] {
            assert_eq!(decide(attempt, trouble, safe, jitter), expected, "{attempt} {trouble:?} {safe}");
        }
    }
}
