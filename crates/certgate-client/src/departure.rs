//! When a request may leave: in its turn, at the gateway's pace, and while somebody waits for its answer.

use std::time::Duration;

use certgate_domain::TaskKind;

use crate::{Asker, Client, Error, NetworkError, Phase};

/// How often a request that waits looks whether it is still wanted.
const GLANCE: Duration = Duration::from_millis(50);

/// Why a request did not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stay {
    /// The run was asked to stop.
    Interrupted,
    /// Nobody waits for the answer any more.
    HungUp,
    /// It would have had to wait so much longer than there is time for.
    Late(Duration),
}

impl Stay {
    /// The same as the error of a task that was sent so often before.
    pub(crate) fn of(self, task: TaskKind, attempts: u32, has_asker: bool) -> Error {
        match self {
            Self::Interrupted => Error::Interrupted,
            Self::HungUp => Error::HungUp(task),
            Self::Late(wait) if has_asker => NetworkError::Paced { task, wait }.into(),
            Self::Late(wait) => {
                let seconds = wait.as_secs_f64().ceil();
                let why = format!("the gateway's pace lets no request leave for {seconds} s: run again then");
                NetworkError::Unreachable { task, why, attempts, phase: Phase::Pace }.into()
            }
        }
    }
}

impl Client {
    /// Waits for the turn of a request and for the pace. It may leave when this returns, and somebody waits for its answer then.
    pub(crate) fn wait_for_departure(&mut self, asker: Option<&Asker<'_>>) -> Result<(), Stay> {
        let throttle = self.throttle.clone();
        let place = throttle.line().join();
        // When the pace is asked again: not at each look, since others wait to ask it too.
        let mut next = self.now();
        loop {
            if self.interrupt.is_raised() {
                return Err(Stay::Interrupted);
            }
            if asker.is_some_and(Asker::has_hung_up) {
                return Err(Stay::HungUp);
            }
            if !place.is_first_within(Duration::ZERO) {
                if !self.has_time_for(Duration::ZERO, asker) {
                    return Err(Stay::Late(Duration::from_secs(1)));
                }
                place.is_first_within(GLANCE);
                continue;
            }
            if self.now() >= next {
                match throttle.depart() {
                    Some(wait) => next = self.now() + wait,
                    // Asking the pace took its time.
                    None if asker.is_some_and(Asker::has_hung_up) => return Err(Stay::HungUp),
                    None => return Ok(()),
                }
            }
            let wait = next.saturating_sub(self.now());
            if !self.has_time_for(wait, asker) {
                return Err(Stay::Late(wait));
            }
            self.rest(if asker.is_some() { wait.min(GLANCE) } else { wait }).map_err(|_| Stay::Interrupted)?;
        }
    }

    /// Whether a request may still leave after that pause.
    pub(crate) fn has_time_for(&self, pause: Duration, asker: Option<&Asker<'_>>) -> bool {
        if asker.and_then(Asker::limit).is_some_and(|patience| pause >= patience) {
            return false;
        }
        match self.patience.deadline {
            Some(deadline) => self.now() + pause < deadline,
            None => pause <= self.patience.longest,
        }
    }
}
