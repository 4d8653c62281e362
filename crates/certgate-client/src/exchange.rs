//! An answer as it came, and what its header says of time.

use std::time::Duration;

use certgate_domain::{AnyData, Response, TaskKind, Verdict};
use certgate_wire::{Decoded, Reply};
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};

/// An answer, and the body it came in.
#[derive(Debug)]
pub struct Exchange {
    /// The answer, which may be a refusal.
    pub answer: Decoded<Response<AnyData>>,
    /// The body as received.
    pub reply: Reply,
}

impl Exchange {
    /// The time of the answer by the gateway's clock, in seconds since 1970; absent where its `Date` is missing or is no date.
    pub fn date(&self) -> Option<i64> {
        self.reply.header("date").and_then(http_date).map(Timestamp::as_second)
    }

    /// Whether the gateway turned the credentials or the session away: nothing was done.
    pub(crate) fn is_unauthorized(&self) -> bool {
        self.answer.value.verdict() == Some(Verdict::Refused)
            && (matches!(self.reply.status, 401 | 403) || self.answer.value.blames_credentials())
    }
}

/// The longest `Retry-After` that is believed.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// How long a reply asks to be left alone, as far as that is believed: seconds, or until a date by the gateway's own clock (RFC 9110,
/// section 10.2.3).
pub(crate) fn retry_after(reply: &Reply) -> Option<Duration> {
    let text = reply.header("retry-after")?.trim();
    let pause = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        let now = reply.header("date").and_then(http_date).unwrap_or_else(Timestamp::now);
        http_date(text)?.duration_since(now).try_into().ok()?
    };
    Some(pause.min(LONGEST_PAUSE))
}

fn http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

/// Whether such an answer is of somebody between, who does not know more (502, 504), or invites to ask again (503).
pub(crate) fn is_of_an_intermediary(status: u16, task: TaskKind) -> bool {
    matches!(status, 502 | 504) || status == 503 && task.is_safe_to_repeat()
}
