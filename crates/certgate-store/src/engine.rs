//! What a database has to do to be a store: the rest is the same for all.

use std::time::Duration;

use crate::{
    Change, Claim, Claims, ConflictingOrder, InstalledFolder, LastRun, Lease, Message, NewMessage, NewOrder, Order,
    OrderCount, OrderEvent, QueueReader, QueueState, RequestCount, Store, StoreError, StoredMessage, ValidationStep,
    Which,
    session::Session,
    tables::{claims, folders, leases, messages, orders, queue_readers, runs},
};

/// A database.
pub(crate) trait Engine: Send {
    /// Runs that in one transaction, which is durable when this returns.
    fn write<T>(&mut self, run: impl FnMut(&dyn Session) -> Result<T, StoreError>) -> Result<T, StoreError>;

    /// The same of what need not outlive a power cut, and one after the other for that key.
    fn write_in_turn<T>(
        &mut self,
        _key: &str,
        run: impl FnMut(&dyn Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write(run)
    }

    /// Runs that without changing anything.
    fn read<T>(&self, run: impl FnOnce(&dyn Session) -> Result<T, StoreError>) -> Result<T, StoreError>;

    /// The older version that it had before it was opened.
    fn migrated_from(&self) -> Option<i64>;

    /// [`Store::was_told`].
    fn was_told(&self, _account: &str) -> Option<bool> {
        None
    }
}

impl<E: Engine> Store for E {
    fn migrated_from(&self) -> Option<i64> {
        Engine::migrated_from(self)
    }

    fn begin_validation(&mut self, order: &NewOrder, lease: &Lease, now: i64) -> Result<(), StoreError> {
        self.write(|session| orders::begin_validation(session, order, lease, now))
    }

    fn record_validation_steps(&mut self, id: &str, steps: &[ValidationStep], lease: &Lease) -> Result<(), StoreError> {
        self.write(|session| orders::record_validation_steps(session, id, steps, lease))
    }

    fn record_intent(&mut self, order: &NewOrder, lease: &Lease, now: i64) -> Result<(), StoreError> {
        self.write(|session| orders::record_intent(session, order, lease, now))
    }

    fn unfinished_of_new(
        &self,
        account: &str,
        asked: &str,
        lease: &Lease,
    ) -> Result<Option<ConflictingOrder>, StoreError> {
        self.read(|session| orders::unfinished_of_new(session, account, asked, None, lease))
    }

    fn change(&mut self, id: &str, change: &Change, lease: &Lease, now: i64) -> Result<(), StoreError> {
        self.write(|session| orders::change(session, id, change, lease, now))
    }

    fn advance(&mut self, id: &str, change: &Change, lease: &Lease, now: i64) -> Result<bool, StoreError> {
        self.write(|session| orders::advance(session, id, change, lease, now))
    }

    fn renew(&mut self, lease: &Lease) -> Result<(), StoreError> {
        self.write(|session| leases::renew(session, lease))
    }

    fn end(&mut self, lease: &Lease) -> Result<(), StoreError> {
        self.write(|session| leases::end(session, lease))
    }

    fn holds(&self, id: &str, lease: &Lease) -> Result<bool, StoreError> {
        self.read(|session| leases::holds(session, lease, id))
    }

    fn acquire(&mut self, id: &str, lease: &Lease) -> Result<bool, StoreError> {
        self.write(|session| orders::acquire(session, id, lease))
    }

    fn release(&mut self, id: &str, lease: &Lease) -> Result<(), StoreError> {
        self.write(|session| orders::release(session, id, lease))
    }

    fn order(&self, id: &str) -> Result<Option<Order>, StoreError> {
        self.read(|session| orders::by_id(session, id))
    }

    fn order_of_job(&self, account: &str, job: i64) -> Result<Option<Order>, StoreError> {
        self.read(|session| orders::by_job(session, account, job))
    }

    fn new_certificates_of_others(&self, id: &str, account: &str, name: &str) -> Result<Vec<i64>, StoreError> {
        self.read(|session| orders::new_certificates_of_others(session, id, account, name))
    }

    fn order_of_message(&self, message: &NewMessage) -> Result<Option<Order>, StoreError> {
        self.read(|session| messages::order_of(session, message))
    }

    fn is_sending(&self, account: &str, lease: &Lease) -> Result<bool, StoreError> {
        self.read(|session| leases::is_sending(session, account, lease))
    }

    fn awaits_message(&self, account: &str, since: i64) -> Result<bool, StoreError> {
        self.read(|session| messages::is_awaited(session, account, since))
    }

    fn each_order(&self, which: &Which, call: &mut dyn FnMut(Order)) -> Result<(), StoreError> {
        self.read(|session| orders::each(session, which, call))
    }

    fn list_orders(&self, which: &Which, call: &mut dyn FnMut(Order)) -> Result<(), StoreError> {
        self.read(|session| orders::list(session, which, call))
    }

    fn history(&self, id: &str) -> Result<Vec<OrderEvent>, StoreError> {
        self.read(|session| orders::history(session, id))
    }

    fn keep(
        &mut self,
        message: &NewMessage,
        is_about: &dyn Fn(&Order) -> bool,
        now: i64,
    ) -> Result<StoredMessage, StoreError> {
        self.write(|session| messages::keep(session, message, is_about, now))
    }

    fn confirmed(&mut self, stable_id: &str, now: i64) -> Result<(), StoreError> {
        self.write(|session| messages::note(session, &messages::Note::Confirmed, stable_id, now))
    }

    fn messages_of(&self, order: &str) -> Result<Vec<Message>, StoreError> {
        self.read(|session| messages::of_order(session, order))
    }

    fn read_queue(&mut self, account: &str, lease: &Lease, patience: Duration) -> Result<QueueReader, StoreError> {
        self.write(|session| queue_readers::read(session, account, lease, patience))
    }

    fn note_queue(&mut self, account: &str, lease: &Lease, state: QueueState) -> Result<(), StoreError> {
        self.write(|session| queue_readers::note(session, account, lease, state))
    }

    fn claims(&self, account: &str, lease: &Lease) -> Result<Claims, StoreError> {
        self.read(|session| claims::all(session, account, lease))
    }

    fn claim(&mut self, account: &str, claim: &Claim, lease: &Lease) -> Result<bool, StoreError> {
        self.write(|session| claims::claim(session, account, claim, lease))
    }

    fn unclaim(&mut self, account: &str, work: &str, lease: &Lease) -> Result<(), StoreError> {
        self.write(|session| claims::unclaim(session, account, work, lease))
    }

    fn held(&self, account: &str, lease: &Lease) -> Result<Vec<String>, StoreError> {
        self.read(|session| leases::held(session, account, lease))
    }

    fn was_told(&self, account: &str) -> Option<bool> {
        Engine::was_told(self, account)
    }

    fn messages_of_held(&self, account: &str, lease: &Lease) -> Result<Vec<(String, String)>, StoreError> {
        self.read(|session| messages::of_held(session, account, lease))
    }

    fn waiting(&self, account: &str, limit: usize) -> Result<Vec<Message>, StoreError> {
        self.read(|session| messages::waiting(session, account, limit))
    }

    fn each_foreign(&self, call: &mut dyn FnMut(Message)) -> Result<(), StoreError> {
        self.read(|session| messages::each_foreign(session, call))
    }

    fn take(&mut self, stable_id: &str, now: i64) -> Result<(), StoreError> {
        self.write(|session| messages::note(session, &messages::Note::Taken, stable_id, now))
    }

    fn record_run(
        &mut self,
        account: &str,
        host: Option<&str>,
        run: &LastRun,
        sent: &[RequestCount],
    ) -> Result<(), StoreError> {
        self.write(|session| {
            runs::record(session, account, host.unwrap_or_default(), run)?;
            sent.iter().try_for_each(|sent| runs::add(session, account, sent))
        })
    }

    fn last_runs(&self, account: &str, host: Option<&str>) -> Result<Vec<LastRun>, StoreError> {
        self.read(|session| runs::last(session, account, host.unwrap_or_default()))
    }

    fn requests(&self, account: &str) -> Result<Vec<RequestCount>, StoreError> {
        self.read(|session| runs::requests(session, account))
    }

    fn note_folders(&mut self, installed: &[InstalledFolder]) -> Result<(), StoreError> {
        self.write(|session| installed.iter().try_for_each(|installed| folders::note(session, installed)))
    }

    fn folders(&self) -> Result<Vec<InstalledFolder>, StoreError> {
        self.read(folders::all)
    }

    fn count_orders(&self, account: &str) -> Result<Vec<OrderCount>, StoreError> {
        self.read(|session| runs::orders(session, account))
    }
}
