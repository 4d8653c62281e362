//! Right before an order leaves.

use std::cell::Cell;

use certgate_client::Client;
use certgate_domain::AnyTask;
use certgate_store::{State, StoreError};

use super::Journal;
use crate::{Error, Exchange};

/// For how long, in milliseconds, an order that waits may be out for less time than is recorded: far less than it is looked for.
const RECENT: i64 = 60_000;

impl Journal {
    /// Sends a task whose intent was just recorded, if this run still holds it right before it leaves: in between this process may have
    /// slept past the end of its lease. One that waits for its turn is recorded anew each minute, since how long it is out counts from
    /// there.
    ///
    /// # Errors
    /// [`Error::Unsent`]: another process has taken it over ([`StoreError::LeaseLost`]), or the store cannot tell. Else those of
    /// [`Client::exchange`].
    pub fn send(&self, client: &mut Client, id: &str, task: &AnyTask) -> Result<Exchange, Error> {
        let (recorded, refused) = (Cell::new(self.now()), Cell::new(None));
        let may_leave = || match self.look_before_departure(id, &recorded) {
            Err(Error::Store(why)) => {
                refused.set(Some(Error::Unsent(why)));
                false
            }
            looked => looked.is_ok(),
        };
        client.exchange_while(task, &may_leave).map_err(|error| refused.take().unwrap_or_else(|| error.into()))
    }

    fn look_before_departure(&self, id: &str, recorded: &Cell<i64>) -> Result<(), Error> {
        let now = self.now();
        if !self.still_holds(id)? {
            return Err(StoreError::LeaseLost(id.to_owned()).into());
        }
        if now - recorded.get() >= RECENT {
            self.clone().note(id, State::Sending, "about to be sent, after it waited")?;
            recorded.set(now);
        }
        Ok(())
    }
}
