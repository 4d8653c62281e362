//! Who waits for the answer to a task that is passed on.

use std::time::{Duration, Instant};

/// Who waits for the answer to a task that is passed on, and how long.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    has_hung_up: &'a dyn Fn() -> bool,
    until: Instant,
}

impl<'a> Asker<'a> {
    /// Somebody who waits so long, from now on, for a request to leave, and who may hang up before.
    pub fn new(patience: Duration, has_hung_up: &'a dyn Fn() -> bool) -> Self {
        let now = Instant::now();
        Self { has_hung_up, until: now.checked_add(patience).unwrap_or(now + LONGEST) }
    }

    /// Whether nobody waits for the answer any more.
    pub fn has_hung_up(&self) -> bool {
        (self.has_hung_up)()
    }

    /// How long a request may still wait before it leaves.
    pub fn patience(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

/// In place of what no clock can count.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
