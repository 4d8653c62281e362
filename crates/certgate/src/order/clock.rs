//! The gateway's clock beside ours: by them it is told later which job is an order's, and when it never arrived.

use std::{fmt, time::Duration};

use certgate_domain::{Mode, TaskKind, task::Hello};
use jiff::Timestamp;

use crate::{Client, Error, Exchange, MachineError, unix_now};

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

    /// Compares them before a task is sent by itself that orders something, or deletes it. Where nothing was asked yet, the gateway's is asked for; it may
    /// refuse the task. A tape answers what was asked when it was recorded, with the dates of then.
    ///
    /// # Errors
    /// [`MachineError::Clock`], or the gateway could not be asked: send nothing.
    pub(crate) fn check_before(client: &mut Client, task: TaskKind) -> Result<(), Error> {
        let orders = task.mode() == Mode::Async || task == TaskKind::CertificateRealtime;
        let is_offline = client.is_answered_offline();
        let is_asked = match is_offline {
            true => client.is_answered_next(TaskKind::Hello),
            false => client.last_date().is_none(),
        };
        if orders && is_asked {
            // What is asked for with an order's answer is none of this one's.
            let keys = std::mem::take(&mut client.options_mut().keys);
            let asked = client.exchange(&Hello.into());
            client.options_mut().keys = keys;
            asked?;
        }
        let seen = client.last_date().filter(|_| orders && !is_offline);
        Ok(seen.map_or(Ok(()), |(gateway, ours)| Self { gateway, ours }.check())?)
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
