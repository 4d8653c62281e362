//! When a request may leave: in its turn, at the gateway's pace, and while somebody waits for its answer.

use std::time::Duration;

use certgate_domain::TaskKind;

use crate::{Asker, Client, Error, NetworkError, Phase};

/// How often a request that waits looks whether it is still wanted.
const GLANCE: Duration = Duration::from_millis(50);

impl Client {
    /// Waits for the turn of a request and for the pace. It may leave when this returns, and somebody waits for its answer then.
    pub(crate) fn wait_for_departure(
        &mut self,
        task: TaskKind,
        attempts: u32,
        asker: Option<&Asker<'_>>,
    ) -> Result<(), Error> {
        let throttle = self.throttle.clone();
        let place = throttle.line().join();
        loop {
            if self.interrupt.is_raised() {
                return Err(Error::Interrupted);
            }
            if asker.is_some_and(Asker::has_hung_up) {
                return Err(Error::HungUp(task));
            }
            if !place.is_first_within(Duration::ZERO) {
                if !self.has_time_for(Duration::ZERO, asker) {
                    return Err(too_late(task, attempts, Duration::from_secs(1), asker));
                }
                place.is_first_within(GLANCE);
                continue;
            }
            let Some(wait) = throttle.depart() else { return Ok(()) };
            if !self.has_time_for(wait, asker) {
                return Err(too_late(task, attempts, wait, asker));
            }
            self.rest(if asker.is_some() { wait.min(GLANCE) } else { wait })?;
        }
    }

    /// Whether a request may still leave after that pause.
    pub(crate) fn has_time_for(&self, pause: Duration, asker: Option<&Asker<'_>>) -> bool {
        if asker.is_some_and(|asker| pause >= asker.patience()) {
            return false;
        }
        match self.patience.deadline {
            Some(deadline) => self.now() + pause < deadline,
            None => pause <= self.patience.longest,
        }
    }
}

/// Why a request did not leave: its time was over before its turn came.
fn too_late(task: TaskKind, attempts: u32, wait: Duration, asker: Option<&Asker<'_>>) -> Error {
    if asker.is_some() {
        return NetworkError::Paced { task, wait }.into();
    }
    let seconds = wait.as_secs_f64().ceil();
    let why = format!("the gateway's pace lets no request leave for {seconds} s: run again then");
    NetworkError::Unreachable { task, why, attempts, phase: Phase::Pace }.into()
}
