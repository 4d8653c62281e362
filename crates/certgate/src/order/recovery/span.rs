//! When an order was under way, by clocks that differ.

use crate::order::CLOCK_TOLERANCE;

/// Times are whole seconds on both sides.
const ROUNDING: i64 = 2;
/// Assumed maximum difference of two clocks that cannot be compared, in seconds.
const CLOCKS: i64 = CLOCK_TOLERANCE.as_secs().cast_signed();

/// When a job of an order can have been made, in seconds since 1970 by the gateway's clock.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    since: i64,
    until: i64,
}

impl Span {
    /// Of an order that was committed at `created`, looked for at `now` (milliseconds by our clock): the `Date` of an answer
    /// (seconds) tells how far apart the clocks are.
    pub(super) fn of(created: i64, now: i64, date: Option<i64>) -> Self {
        let (created, now) = (created / 1000, now / 1000);
        match date {
            Some(theirs) => Self { since: created + (theirs - now) - ROUNDING, until: theirs + ROUNDING },
            None => Self { since: created - CLOCKS, until: now + CLOCKS },
        }
    }

    /// Whether it begins after something was made. Of a time that may mean two instants the later one counts, unless that is
    /// still to come.
    pub(super) fn begins_after(self, made: i64, later: Option<i64>) -> bool {
        later.filter(|later| *later <= self.until).unwrap_or(made) < self.since
    }
}

/// How long an order has been out for certain, in seconds, by the gateway's clock. `sent` and `now` are by ours, `date` is by the
/// gateway's, and `ahead` is how far that was ahead of ours when the order left. Where one of the two is not known, the clocks
/// may be as far apart as they are allowed to be.
pub(super) fn seconds_out(sent: i64, ahead: Option<i64>, now: i64, date: Option<i64>) -> i64 {
    match (ahead, date) {
        (Some(ahead), Some(date)) => date - (sent + ahead),
        (None, Some(date)) => (now - sent).min(date - sent) - CLOCKS,
        (_, None) => now - sent - CLOCKS,
    }
}

#[cfg(test)]
mod tests {
    use super::{Span, seconds_out};

    #[test]
    fn an_order_is_out_by_the_gateways_clock() {
        // The order left at 0 by our clock. Ours now, how far the gateway's was ahead then, its date now.
        for (title, now, ahead, date, out) in [
            ("clocks that agree", 900, Some(0), Some(900), 900),
            ("the gateway's is four minutes ahead", 900, Some(240), Some(1140), 900),
            ("and four minutes behind", 900, Some(-240), Some(660), 900),
            ("ours was set ahead by an hour meanwhile", 4500, Some(0), Some(900), 900),
            ("ours was set back by an hour meanwhile", -2700, Some(0), Some(900), 900),
            ("no date now", 900, Some(0), None, 600),
            ("no date then", 900, None, Some(900), 600),
            ("no date then, and the gateway's is an hour ahead", 60, None, Some(3660), -240),
            ("no date then, and ours was set ahead by an hour", 4500, None, Some(900), 600),
            ("no date at all", 900, None, None, 600),
        ] {
            assert_eq!(seconds_out(0, ahead, now, date), out, "{title}");
        }
    }

    #[test]
    fn a_job_is_not_from_before_its_order_by_the_gateways_clock() {
        // Thu, 01 Jan 2026 00:00:00 GMT.
        let midnight = 1_767_225_600;
        for (title, created, now, date, since, until) in [
            ("clocks that agree", 0, 60, Some(60), -2, 62),
            ("ours is an hour behind", -3600, -3540, Some(60), -2, 62),
            ("ours is an hour ahead", 3600, 3660, Some(60), -2, 62),
            ("no Date", 0, 60, None, -300, 360),
        ] {
            let date = date.map(|date: i64| midnight + date);
            let found = Span::of((midnight + created) * 1000, (midnight + now) * 1000, date);
            assert_eq!((found.since - midnight, found.until - midnight), (since, until), "{title}");
        }
    }

    #[test]
    fn a_time_that_may_mean_two_instants() {
        const HOUR: i64 = 3600;
        // Ordered at 0, looked for a minute later.
        let span = Span { since: -2, until: 62 };
        for (title, made, later, is_from_before) in [
            ("just made", 1, None, false),
            ("long made", -1200, None, true),
            ("just made in the first of the two hours", 1, Some(1 + HOUR), false),
            ("long made in the first of the two hours", -1200, Some(HOUR - 1200), true),
            ("just made in the second", 1 - HOUR, Some(1), false),
            ("long made in the second", -1200 - HOUR, Some(-1200), true),
        ] {
            assert_eq!(span.begins_after(made, later), is_from_before, "{title}");
        }
    }
}
