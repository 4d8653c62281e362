//! Ctrl-C.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Whether the run was asked to stop, shared with the signal's handler. Sleeping ends at once when it is raised.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<(Mutex<bool>, Condvar)>);

impl Interrupt {
    /// Asks the run to stop.
    pub fn raise(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }

    /// Whether it was asked to.
    pub fn is_raised(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until raised.
    pub fn wait(&self) {
        let mut raised = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !*raised {
            raised = self.0.1.wait(raised).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Sleeps so long, or until raised.
    pub fn sleep(&self, duration: Duration) {
        let started = Instant::now();
        let mut raised = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !*raised {
            let left = duration.saturating_sub(started.elapsed());
            if left.is_zero() {
                return;
            }
            raised = self.0.1.wait_timeout(raised, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
