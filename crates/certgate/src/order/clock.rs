//! The gateway's clock beside ours: by them it is told later which job is an order's, and when it never arrived.

use std::{fmt, time::Duration};

use jiff::Timestamp;

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
        if self.gateway.abs_diff(self.ours) > CLOCK_TOLERANCE.as_secs() {
            Err(MachineError::Clock(self))
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for GatewayClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [gateway, ours] = [self.gateway, self.ours].map(|at| Timestamp::from_second(at).unwrap_or_default());
        write!(f, "the clocks are too far apart: the gateway's says {gateway}, this machine's {ours}")
    }
}
