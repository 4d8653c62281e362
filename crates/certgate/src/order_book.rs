//! The orders of a store, whichever account they belong to: to look at, and to decide about by hand.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use certgate_store::{Message, Order, OrderEvent, State, Store, StoreAddress, StoreError, Which};

use crate::{CertificateSelector, Error, Journal, selector::is_same_name};

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

/// Which orders of a store are looked at: those that fit all that is said. What is not said fits every order.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    /// Only those with something left to do: not finished, or what validates them is still published.
    pub unfinished: bool,
    /// Only those in one of these states.
    pub states: Vec<State>,
    /// Only those of that account, or of that user and context at any gateway, such as `user@9`.
    pub account: Option<String>,
    /// Only those about that certificate: of that id, or placed for that name.
    pub certificate: Option<CertificateSelector>,
    /// Only those that changed at that time or later, in milliseconds since 1970.
    pub since: Option<i64>,
    /// So many at most: those that were placed last.
    pub limit: Option<usize>,
}

impl OrderFilter {
    fn fits(&self, order: &Order) -> bool {
        let Self { unfinished, states, account, certificate, since, limit: _ } = self;
        let is_of = |account: &String| {
            order
                .order
                .account
                .strip_prefix(account.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        (!unfinished || !order.state.is_finished() || !order.published.is_empty())
            && (states.is_empty() || states.contains(&order.state))
            && account.as_ref().is_none_or(is_of)
            && certificate.as_ref().is_none_or(|certificate| match certificate {
                CertificateSelector::Id(id) => order.order.certificate == Some(*id),
                CertificateSelector::Name(name) => {
                    order.order.name.as_ref().is_some_and(|other| is_same_name(other, name))
                }
            })
            && since.is_none_or(|since| order.updated >= since)
    }
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

    /// Calls `call` with each order, in the order in which they were placed. The CSR and what a later process needs are left out:
    /// [`OrderBook::find`] has them.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn each(&self, call: &mut dyn FnMut(Order)) -> Result<(), Error> {
        Ok(self.store().list_orders(&Which::All, call)?)
    }

    /// The same with each order that fits. Gives how many fit that the limit left out.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn each_of(&self, filter: &OrderFilter, call: &mut dyn FnMut(Order)) -> Result<usize, Error> {
        let (mut last, mut left_out) = (VecDeque::new(), 0);
        self.each(&mut |order| match filter.limit {
            _ if !filter.fits(&order) => {}
            None => call(order),
            Some(limit) => {
                last.push_back(order);
                left_out += last.drain(..last.len().saturating_sub(limit)).count();
            }
        })?;
        last.into_iter().for_each(call);
        Ok(left_out)
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
