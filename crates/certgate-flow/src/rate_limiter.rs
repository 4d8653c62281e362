//! The gateway's pace: so many requests a second and address.

use std::{collections::VecDeque, time::Duration};

/// Keeps requests within a number a second, by the times of the last ones.
///
/// ```
/// use std::time::Duration;
/// use certgate_flow::RateLimiter;
/// let mut pace = RateLimiter::new(3);
/// for _ in 0..3 {
///     assert_eq!(pace.wait(Duration::ZERO, true), Duration::ZERO);
///     pace.sent(Duration::ZERO);
/// }
/// assert_eq!(pace.wait(Duration::from_millis(400), true), Duration::from_millis(610));
/// ```
#[derive(Debug, Clone)]
pub struct RateLimiter {
    per_second: usize,
    window: Duration,
    sent: VecDeque<Duration>,
}

impl RateLimiter {
    /// What the vendor allows: 3 requests a second and address, over either protocol.
    pub const GATEWAY: usize = 3;
    /// A second, and a little for the way: the gateway counts arrivals, we count departures.
    pub const WINDOW: Duration = Duration::from_millis(1010);
    /// The same where the gateway asked to slow down all the same, for the way to it is uneven; and for what is not sent again once it was
    /// turned away.
    pub const WIDE_WINDOW: Duration = Duration::from_millis(1045);

    /// So many a second, at least one.
    pub fn new(per_second: usize) -> Self {
        Self { per_second: per_second.max(1), window: Self::WINDOW, sent: VecDeque::new() }
    }

    /// How long to wait before the next request; `again` says whether it is sent again where it is turned away.
    pub fn wait(&self, now: Duration, again: bool) -> Duration {
        let window = if again { self.window } else { Self::WIDE_WINDOW };
        match self.sent.len().checked_sub(self.per_second).and_then(|at| self.sent.get(at)) {
            Some(&sent) => (sent + window).saturating_sub(now),
            None => Duration::ZERO,
        }
    }

    /// The gateway asked to slow down: from now on more time is left for the way.
    pub fn widen(&mut self) {
        self.window = Self::WIDE_WINDOW;
    }

    /// A request left.
    pub fn sent(&mut self, now: Duration) {
        self.sent.push_back(now);
        // What is over counts no more: a high pace would keep as many times as it has requests.
        while self.sent.len() > self.per_second
            || self.sent.front().is_some_and(|sent| *sent + Self::WIDE_WINDOW <= now)
        {
            self.sent.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::RateLimiter;

    #[test]
    fn who_was_turned_away_leaves_more_time() {
        let mut pace = RateLimiter::new(1);
        pace.sent(Duration::ZERO);
        assert_eq!(
            [true, false].map(|again| pace.wait(Duration::ZERO, again)),
            [RateLimiter::WINDOW, RateLimiter::WIDE_WINDOW]
        );
        pace.widen();
        assert_eq!(pace.wait(Duration::ZERO, true), RateLimiter::WIDE_WINDOW);
    }

    proptest! {
        #[test]
        fn no_second_holds_more_than_allowed(per_second in 1usize..6, idle in proptest::collection::vec(0u64..700, 1..60)) {
            let mut pace = RateLimiter::new(per_second);
            let mut now = Duration::ZERO;
            let mut left = Vec::new();
            for idle in idle {
                now += Duration::from_millis(idle);
                now += pace.wait(now, true);
                pace.sent(now);
                left.push(now);
            }
            for (at, first) in left.iter().enumerate() {
                let within = left.iter().skip(at).filter(|t| **t < *first + Duration::from_secs(1)).count();
                prop_assert!(within <= per_second);
            }
        }
    }
}
