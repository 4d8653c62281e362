//! The gateway's clock beside ours: by them it is told later which job is an order's, and when it never arrived.

use std::time::Duration;

use crate::{Exchange, MachineError, unix_now};

/// Maximum difference between the gateway's clock and the machine's.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// What the gateway's clock and ours showed when it answered, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatewayClock {
    gateway: i64,
    ours: i64,
}

impl GatewayClock {
    /// By an answer that has just come; `None` if it does not say its date.
    pub fn of(answered: &Exchange) -> Option<Self> {
        answered.date().map(|gateway| Self { gateway, ours: unix_now() / 1000 })
    }

    /// How far the gateway's is ahead of ours, in seconds; below zero where it is behind.
    pub fn ahead(self) -> i64 {
        self.gateway.saturating_sub(self.ours)
    }

    /// Whether they agree.
    ///
    /// # Errors
    /// [`MachineError::Clock`]: nothing is to be ordered.
    pub fn check(self) -> Result<(), MachineError> {
        let Self { gateway, ours } = self;
        if gateway.abs_diff(ours) > CLOCK_TOLERANCE.as_secs() {
            Err(MachineError::Clock { gateway, ours })
        } else {
            Ok(())
        }
    }
}
