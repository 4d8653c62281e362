//! The orders of a store, whichever account they belong to: to look at, and to decide about by hand.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use certgate_store::{Message, Order, OrderEvent, Store, StoreAddress, StoreError, Which};

use crate::{Error, Journal};

/// The orders of a store, of every account. No gateway and no credentials are needed to look at them.
///
/// ```
/// use certgate::OrderBook;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("orders.sqlite");
///
/// let book = OrderBook::open(&path)?;
/// let mut open = 0;
/// book.each(&mut |order| open += usize::from(!order.state.is_finished()))?;
/// assert_eq!(open, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct OrderBook {
    address: StoreAddress,
    store: Arc<Mutex<Box<dyn Store>>>,
}

/// All that the store knows of one order.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OrderDetails {
    /// The order.
    pub order: Order,
    /// What happened to it, oldest first.
    pub history: Vec<OrderEvent>,
    /// The messages of the queue about it, oldest first.
    pub messages: Vec<Message>,
}

impl OrderBook {
    /// Opens the store there, in a file or a database, and makes it where it is missing.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn open(store: impl Into<StoreAddress>) -> Result<Self, Error> {
        let address = store.into();
        Ok(Self { store: Arc::new(Mutex::new(address.open()?)), address })
    }

    /// The older version that the store had before it was opened, which brought it up to date.
    pub fn migrated_from(&self) -> Option<i64> {
        self.store().migrated_from()
    }

    /// The order of that id.
    ///
    /// # Errors
    /// [`Error::Store`]; [`StoreError::NoOrder`] where it is not there.
    pub fn find(&self, id: &str) -> Result<Order, Error> {
        Ok(self.store().order(id)?.ok_or_else(|| StoreError::NoOrder(id.to_owned()))?)
    }

    /// Calls `call` with each order, in the order in which they were placed.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn each(&self, call: &mut dyn FnMut(Order)) -> Result<(), Error> {
        Ok(self.store().each_order(&Which::All, call)?)
    }

    /// Everything about an order.
    ///
    /// # Errors
    /// [`Error::Store`]; [`StoreError::NoOrder`] where it is not there.
    pub fn details(&self, id: &str) -> Result<OrderDetails, Error> {
        let order = self.find(id)?;
        let store = self.store();
        let (history, messages) = (store.history(id)?, store.messages_of(id)?);
        Ok(OrderDetails { order, history, messages })
    }

    /// Calls `call` with each message that is about no order, handed over or not, in the order of arrival.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn each_foreign_message(&self, call: &mut dyn FnMut(Message)) -> Result<(), Error> {
        Ok(self.store().each_foreign(call)?)
    }

    /// The journal of the account that an order belongs to. The store is not opened again for it.
    ///
    /// # Errors
    /// [`Error::Unsent`]: this process cannot acquire orders.
    pub fn journal_of(&self, order: &Order) -> Result<Journal, Error> {
        Journal::over(Arc::clone(&self.store), &self.address, &order.order.account)
    }

    fn store(&self) -> MutexGuard<'_, Box<dyn Store>> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
