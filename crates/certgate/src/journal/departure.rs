//! Right before an order leaves.

use std::cell::Cell;

use certgate_client::Client;
use certgate_domain::AnyTask;
use certgate_store::{State, StoreError};

use super::{Intent, Journal};
use crate::{Error, Exchange, GatewayClock};

/// For how long, in milliseconds, an order that waits may be out for less time than is recorded: far less than it is looked for.
const RECENT: i64 = 60_000;

impl Journal {
    /// Carries out a task that is not safe to repeat, under the client's transaction id: it is recorded before it leaves, as an order is, and what
    /// came of it after. That this could not be recorded is told to `not_recorded`. Before one that orders something the clocks are compared.
    ///
    /// # Errors
    /// [`Error::Unsent`], [`MachineError::Clock`](crate::MachineError::Clock): nothing left. Else those of [`Client::exchange`].
    pub fn exchange(
        &mut self,
        client: &mut Client,
        task: &AnyTask,
        not_recorded: &mut dyn FnMut(&Error),
    ) -> Result<Exchange, Error> {
        GatewayClock::check_before(client, task.kind())?;
        let id = client.options().ctid.clone().unwrap_or_default();
        self.record_intent(&id, task, &Intent::default())?;
        let sent = self.send(client, &id, task);
        if !matches!(sent, Err(Error::Unsent(StoreError::LeaseLost(_)))) {
            let outcome = sent.as_ref().map(|exchange| &exchange.answer.value);
            self.record_outcome(&id, task.kind(), outcome).unwrap_or_else(|error| not_recorded(&error));
        }
        sent
    }

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
