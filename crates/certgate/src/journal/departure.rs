//! Right before an order leaves.

use std::cell::Cell;

use certgate_store::State;

use super::Journal;

/// For how long, in milliseconds, an order that waits may be out for less time than is recorded: far less than it is looked for.
const RECENT: i64 = 60_000;

impl Journal {
    /// What is asked before each departure of a task whose intent was just recorded: whether this run still holds it, for in between this
    /// process may have slept past the end of its lease. One that waits for its turn is recorded anew each minute, since how long it
    /// is out counts from there.
    pub fn departure_of(&self, id: &str) -> impl Fn() -> bool + use<> {
        let (journal, id, recorded) = (self.clone(), id.to_owned(), Cell::new(self.now()));
        move || {
            let now = journal.now();
            let is_recent = now - recorded.get() < RECENT;
            let record = || journal.clone().note(&id, State::Sending, "about to be sent, after it waited");
            let may_leave = journal.still_holds(&id).unwrap_or_default() && (is_recent || record().is_ok());
            if may_leave && !is_recent {
                recorded.set(now);
            }
            may_leave
        }
    }
}
