//! The gateway's pace, kept by all who share it.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use certgate_flow::RateLimiter;

/// Says when a request may leave.
pub trait Throttle: Send + Sync {
    /// Lets a request leave now, or says how long to wait before asking again.
    fn depart(&self) -> Option<Duration>;

    /// Has everybody wait so long: the gateway asked for it.
    fn hold(&self, pause: Duration);
}

/// The pace of this process alone.
pub struct OwnPace {
    started: Instant,
    state: Mutex<(RateLimiter, Duration)>,
}

impl OwnPace {
    /// That many requests a second.
    pub fn new(per_second: usize) -> Self {
        Self { started: Instant::now(), state: Mutex::new((RateLimiter::new(per_second), Duration::ZERO)) }
    }
}

impl Throttle for OwnPace {
    fn depart(&self) -> Option<Duration> {
        let now = self.started.elapsed();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (pace, hold) = &mut *state;
        let wait = pace.wait(now).max(hold.saturating_sub(now));
        if wait.is_zero() {
            pace.sent(now);
            return None;
        }
        Some(wait)
    }

    fn hold(&self, pause: Duration) {
        let until = self.started.elapsed().saturating_add(pause);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.1 = state.1.max(until);
    }
}
