//! What is kept.

use std::time::Duration;

use crate::{
    Change, Claim, Claims, ConflictingOrder, InstalledFolder, LastRun, Lease, Message, NewMessage, NewOrder, Order,
    OrderCount, OrderEvent, QueueReader, QueueState, RequestCount, StoreError, StoredMessage, ValidationStep,
};

/// Which orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Every one of every account.
    All,
    /// Those of an account with something left to do: not finished, or what validates them is still published.
    Unfinished(String),
    /// Those of an account that are done, and something of whose installation may have failed: the hook, or the look at what is served.
    Deployed(String),
    /// Those of a line of a batch.
    Batch {
        /// Whose.
        account: String,
        /// Which batch and which line of it.
        batch: String,
    },
    /// Those of all lines of batches that begin so.
    Batches {
        /// Whose.
        account: String,
        /// How they begin.
        beginning: String,
    },
}

/// Keeps orders and messages. Whatever a method did is durable when it returns.
pub trait Store: Send {
    /// The older version that the store had before it was opened, which brought it up to date. `None` where it was new or up
    /// to date.
    fn migrated_from(&self) -> Option<i64>;

    /// Records an order before what validates it is published.
    ///
    /// # Errors
    /// As with [`Store::record_intent`]: nothing may be published.
    fn begin_validation(&mut self, order: &NewOrder, lease: &Lease, now: i64) -> Result<(), StoreError>;

    /// Records what is about to be published for an order, or what of it is left to be removed; none where nothing is.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; or the order is not in the store, or the steps were not stored. Publish nothing.
    fn record_validation_steps(&mut self, id: &str, steps: &[ValidationStep], lease: &Lease) -> Result<(), StoreError>;

    /// Commits to an order before it leaves, be it one that was validated under this lease.
    ///
    /// # Errors
    /// [`StoreError::Unfinished`]: another order of the same is not finished. Or it could not be kept: nothing may be sent.
    fn record_intent(&mut self, order: &NewOrder, lease: &Lease, now: i64) -> Result<(), StoreError>;

    /// The unfinished order of a new certificate that was [asked](crate::ResumeData::asked) for in these words.
    ///
    /// # Errors
    /// It could not be read.
    fn unfinished_of_new(
        &self,
        account: &str,
        asked: &str,
        lease: &Lease,
    ) -> Result<Option<ConflictingOrder>, StoreError>;

    /// Notes what became of an order that this lease holds. Messages about its job that came before that was known are its own from
    /// then on.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; or it is not there, cannot go to that state, or could not be kept.
    fn change(&mut self, id: &str, change: &Change, lease: &Lease, now: i64) -> Result<(), StoreError>;

    /// Notes what became of an order, whoever finds out. Nothing is noted, and this is `false`, while another process holds it
    /// and is alive: that one finds out too.
    ///
    /// # Errors
    /// It is not there, cannot go to that state, or could not be kept.
    fn advance(&mut self, id: &str, change: &Change, lease: &Lease, now: i64) -> Result<bool, StoreError>;

    /// Renews a lease for [`Lease::LENGTH`] from now on, by the database's clock. Orders that another process has taken over
    /// meanwhile stay with that one.
    ///
    /// # Errors
    /// It could not be kept.
    fn renew(&mut self, lease: &Lease) -> Result<(), StoreError>;

    /// Ends a lease: its orders may be taken over.
    ///
    /// # Errors
    /// It could not be kept.
    fn end(&mut self, lease: &Lease) -> Result<(), StoreError>;

    /// Whether an order is held by this lease, which has not ended.
    ///
    /// # Errors
    /// It could not be read.
    fn holds(&self, id: &str, lease: &Lease) -> Result<bool, StoreError>;

    /// Acquires the order for this lease, to carry on with it. `false` while another process holds it and is alive.
    ///
    /// # Errors
    /// It could not be kept.
    fn acquire(&mut self, id: &str, lease: &Lease) -> Result<bool, StoreError>;

    /// Gives an order up, unless something published for it is left to be undone.
    ///
    /// # Errors
    /// It could not be kept.
    fn release(&mut self, id: &str, lease: &Lease) -> Result<(), StoreError>;

    /// An order by its id.
    ///
    /// # Errors
    /// It could not be read.
    fn order(&self, id: &str) -> Result<Option<Order>, StoreError>;

    /// The order of a gateway's job.
    ///
    /// # Errors
    /// It could not be read.
    fn order_of_job(&self, account: &str, job: i64) -> Result<Option<Order>, StoreError>;

    /// The certificates that other orders of new ones of that name came to.
    ///
    /// # Errors
    /// They could not be read.
    fn new_certificates_of_others(&self, id: &str, account: &str, name: &str) -> Result<Vec<i64>, StoreError>;

    /// The order that a message is about, as far as its job and its transaction ids tell.
    ///
    /// # Errors
    /// It could not be read.
    fn order_of_message(&self, message: &NewMessage) -> Result<Option<Order>, StoreError>;

    /// Whether an order of the account is about to leave, or its answer on its way: of this lease's process or another that runs.
    ///
    /// # Errors
    /// It could not be read.
    fn is_sending(&self, account: &str, lease: &Lease) -> Result<bool, StoreError>;

    /// Whether the gateway took up an order of the account since a time, and no message about it was confirmed.
    ///
    /// # Errors
    /// It could not be read.
    fn awaits_message(&self, account: &str, since: i64) -> Result<bool, StoreError>;

    /// Calls with each order in the order in which they were intended, whatever the clock said then.
    ///
    /// # Errors
    /// They could not be read.
    fn each_order(&self, which: &Which, call: &mut dyn FnMut(Order)) -> Result<(), StoreError>;

    /// The same without the CSR and what a later process needs, which are most of an order: they are left empty.
    ///
    /// # Errors
    /// They could not be read.
    fn list_orders(&self, which: &Which, call: &mut dyn FnMut(Order)) -> Result<(), StoreError>;

    /// What happened to an order, oldest first.
    ///
    /// # Errors
    /// It could not be read.
    fn history(&self, id: &str) -> Result<Vec<OrderEvent>, StoreError>;

    /// Keeps a message, and finds the order it is about: by job, else by the order's transaction ids, unless `is_about` says that it
    /// is not. The same one again is one message; another content under the same id is another one.
    ///
    /// # Errors
    /// The message was not stored. Do not confirm it with the gateway.
    fn keep(
        &mut self,
        message: &NewMessage,
        is_about: &dyn Fn(&Order) -> bool,
        now: i64,
    ) -> Result<StoredMessage, StoreError>;

    /// Notes that a message was confirmed.
    ///
    /// # Errors
    /// It could not be kept.
    fn confirmed(&mut self, stable_id: &str, now: i64) -> Result<(), StoreError>;

    /// The messages about an order, oldest first.
    ///
    /// # Errors
    /// They could not be read.
    fn messages_of(&self, order: &str) -> Result<Vec<Message>, StoreError>;

    /// Makes this lease's process the reader of an account's queue, unless another one is that runs and has looked within
    /// `patience` by the database's clock. To be asked before each look.
    ///
    /// # Errors
    /// It could not be kept.
    fn read_queue(&mut self, account: &str, lease: &Lease, patience: Duration) -> Result<QueueReader, StoreError>;

    /// Notes for the others how the queue is. Nothing is noted where this lease's process is not the reader.
    ///
    /// # Errors
    /// It could not be kept.
    fn note_queue(&mut self, account: &str, lease: &Lease, state: QueueState) -> Result<(), StoreError>;

    /// What was claimed of an account's work so far, and by whom: to be asked before it is looked what is to be done.
    ///
    /// # Errors
    /// It could not be read.
    fn claims(&self, account: &str, lease: &Lease) -> Result<Claims, StoreError>;

    /// Claims work for this lease, if nobody has claimed it since [`Store::claims`] was asked. Whether it is this one's.
    ///
    /// # Errors
    /// It could not be kept.
    fn claim(&mut self, account: &str, claim: &Claim, lease: &Lease) -> Result<bool, StoreError>;

    /// Gives claimed work up, be it that it is done or not.
    ///
    /// # Errors
    /// It could not be kept.
    fn unclaim(&mut self, account: &str, work: &str, lease: &Lease) -> Result<(), StoreError>;

    /// The ids of the account's unfinished orders that this lease, which has not ended, holds.
    ///
    /// # Errors
    /// They could not be read.
    fn held(&self, account: &str, lease: &Lease) -> Result<Vec<String>, StoreError>;

    /// The messages about the account's unfinished orders that this lease holds, oldest first, whoever stored them: each one's
    /// order, and what was understood of it (JSON).
    ///
    /// # Errors
    /// They could not be read.
    fn messages_of_held(&self, account: &str, lease: &Lease) -> Result<Vec<(String, String)>, StoreError>;

    /// Whether a message about an order of the account was stored since this was asked last, as far as the database has told: it
    /// costs no question, and something may not have got through. `None`: it does not tell, and is to be asked.
    fn was_told(&self, account: &str) -> Option<bool>;

    /// Messages about no known order that nobody took, oldest first.
    ///
    /// # Errors
    /// They could not be read.
    fn waiting(&self, account: &str, limit: usize) -> Result<Vec<Message>, StoreError>;

    /// Calls with each message about no known order, of every account, handed over or not, in the order of arrival.
    ///
    /// # Errors
    /// They could not be read.
    fn each_foreign(&self, call: &mut dyn FnMut(Message)) -> Result<(), StoreError>;

    /// Notes that a message was handed over.
    ///
    /// # Errors
    /// It could not be kept.
    fn take(&mut self, stable_id: &str, now: i64) -> Result<(), StoreError>;

    /// Notes how a command of an account ended on a machine, and adds what it sent. A run that did not end well leaves the time of the
    /// last one that did.
    ///
    /// # Errors
    /// It could not be kept.
    fn record_run(
        &mut self,
        account: &str,
        host: Option<&str>,
        run: &LastRun,
        sent: &[RequestCount],
    ) -> Result<(), StoreError>;

    /// When each command of an account ran last on a machine.
    ///
    /// # Errors
    /// They could not be read.
    fn last_runs(&self, account: &str, host: Option<&str>) -> Result<Vec<LastRun>, StoreError>;

    /// What an account sent since the store was made.
    ///
    /// # Errors
    /// They could not be read.
    fn requests(&self, account: &str) -> Result<Vec<RequestCount>, StoreError>;

    /// Notes where certificates were put. Those of orders that are done are noted with that.
    ///
    /// # Errors
    /// They could not be kept.
    fn note_folders(&mut self, installed: &[InstalledFolder]) -> Result<(), StoreError>;

    /// The folders that certificates were put into, of every account and machine.
    ///
    /// # Errors
    /// They could not be read.
    fn folders(&self) -> Result<Vec<InstalledFolder>, StoreError>;

    /// How many orders of an account are in each state.
    ///
    /// # Errors
    /// They could not be read.
    fn count_orders(&self, account: &str) -> Result<Vec<OrderCount>, StoreError>;
}
