//! Who waits for the answer to a task.

use std::time::{Duration, Instant};

/// Who waits for the answer to a task, and how long.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    has_hung_up: &'a dyn Fn() -> bool,
    /// Absent where the client's own deadline is all that counts.
    until: Option<Instant>,
}

impl<'a> Asker<'a> {
    /// Somebody who waits so long, from now on, for a request to leave, and who may hang up before.
    pub fn new(patience: Duration, has_hung_up: &'a dyn Fn() -> bool) -> Self {
        let now = Instant::now();
        Self { has_hung_up, until: Some(now.checked_add(patience).unwrap_or(now + LONGEST)) }
    }

    /// Somebody who waits for as long as the client does, and who may hang up before.
    pub(crate) fn patient(has_hung_up: &'a dyn Fn() -> bool) -> Self {
        Self { has_hung_up, until: None }
    }

    /// Whether nobody waits for the answer any more.
    pub fn has_hung_up(&self) -> bool {
        (self.has_hung_up)()
    }

    /// How long a request may still wait before it leaves.
    pub fn patience(&self) -> Duration {
        self.limit().unwrap_or(LONGEST)
    }

    /// The same; absent where its asker sets no limit of its own.
    pub(crate) fn limit(&self) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(Instant::now()))
    }
}

/// In place of what no clock can count.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
