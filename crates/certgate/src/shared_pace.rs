//! The gateway's pace, shared by all processes of a machine.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use certgate_client::{Error, OwnPace, Throttle, unix_now};
use certgate_store::SharedRateLimiter;

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
