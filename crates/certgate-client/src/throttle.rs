//! The gateway's pace, kept by all who share it.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use certgate_flow::RateLimiter;
use certgate_store::SharedRateLimiter;

use crate::{Error, unix_now};

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

/// The pace that all processes of this machine share; this process's own one where their file fails, such as on a full disk.
pub struct SharedPace {
    budget: Mutex<SharedRateLimiter>,
    gateway: String,
    per_second: usize,
    own: OwnPace,
}

impl SharedPace {
    /// By the budget in that file, for that gateway.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn open(path: &Path, gateway: &str, per_second: usize) -> Result<Self, Error> {
        let budget = Mutex::new(SharedRateLimiter::open(path)?);
        Ok(Self { budget, gateway: gateway.to_owned(), per_second, own: OwnPace::new(per_second) })
    }
}

impl Throttle for SharedPace {
    fn depart(&self) -> Option<Duration> {
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        let now = unix_now();
        match budget.depart(&self.gateway, self.per_second, now) {
            Ok(until) => until.map(|until| Duration::from_millis(until.saturating_sub(now).unsigned_abs())),
            Err(_) => self.own.depart(),
        }
    }

    fn hold(&self, pause: Duration) {
        let length = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        if budget.hold(&self.gateway, unix_now(), length).is_err() {
            self.own.hold(pause);
        }
    }
}
