//! The gateway's pace: so many requests a second and address.

use std::{collections::VecDeque, time::Duration};

/// Keeps requests within a number a second, by the times of the last ones.
///
/// ```
/// use std::time::Duration;
/// use certgate_flow::RateLimiter;
/// let mut pace = RateLimiter::new(3);
/// for _ in 0..3 {
///     assert_eq!(pace.wait(Duration::ZERO), Duration::ZERO);
///     pace.sent(Duration::ZERO);
/// }
/// assert_eq!(pace.wait(Duration::from_millis(400)), Duration::from_millis(645));
/// ```
#[derive(Debug, Clone)]
pub struct RateLimiter {
    per_second: usize,
    sent: VecDeque<Duration>,
}

impl RateLimiter {
    /// What the vendor allows: 3 requests a second and address, over either protocol.
    pub const GATEWAY: usize = 3;
    /// A second, and a little for the way: the gateway counts arrivals, we count departures.
    const WINDOW: Duration = Duration::from_millis(1045);

    /// So many a second, at least one.
    pub fn new(per_second: usize) -> Self {
        Self { per_second: per_second.max(1), sent: VecDeque::new() }
    }

    /// How long to wait before the next request.
    pub fn wait(&self, now: Duration) -> Duration {
        match self.sent.len().checked_sub(self.per_second).and_then(|at| self.sent.get(at)) {
            Some(&sent) => (sent + Self::WINDOW).saturating_sub(now),
            None => Duration::ZERO,
        }
    }

    /// A request left.
    pub fn sent(&mut self, now: Duration) {
        self.sent.push_back(now);
        // What is over counts no more: a high pace would keep as many times as it has requests.
        while self.sent.len() > self.per_second || self.sent.front().is_some_and(|sent| *sent + Self::WINDOW <= now) {
            self.sent.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::RateLimiter;

    proptest! {
        #[test]
        fn no_second_holds_more_than_allowed(per_second in 1usize..6, idle in proptest::collection::vec(0u64..700, 1..60)) {
            let mut pace = RateLimiter::new(per_second);
            let mut now = Duration::ZERO;
            let mut left = Vec::new();
            for idle in idle {
                now += Duration::from_millis(idle);
                now += pace.wait(now);
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
