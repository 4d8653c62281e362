//! The account's orders, by what they are looked for.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    path::PathBuf,
};

use certgate_store::{NewOrder, Order, OrderEvent, State, Which};

use super::Journal;
use crate::Error;

/// A certificate that an order put into a folder.
#[derive(Debug, Clone)]
pub(crate) struct InstalledBefore {
    /// The gateway's id.
    pub(crate) certificate: Option<i64>,
    pub(crate) name: Option<String>,
}

impl Journal {
    /// The certificates that the account's other orders of new ones of that name came to.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn new_certificates_of_others(&self, id: &str, name: &str) -> Result<Vec<i64>, Error> {
        Ok(self.store().new_certificates_of_others(id, &self.account, name)?)
    }

    /// The account's orders with something left to do, oldest first: not finished, or what validates them is still published.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn unfinished(&self) -> Result<Vec<Order>, Error> {
        let mut orders = Vec::new();
        self.store().each_order(&Which::Unfinished(self.account.clone()), &mut |order| orders.push(order))?;
        Ok(orders)
    }

    /// The same without those that are installed on other machines.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn unfinished_here(&self) -> Result<Vec<Order>, Error> {
        Ok(self.unfinished()?.into_iter().filter(|order| self.is_here(order)).collect())
    }

    /// The account's orders that are done and whose certificates were installed with a hook, or are to be served somewhere, oldest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn done_with_deployment(&self) -> Result<Vec<Order>, Error> {
        let mut orders = Vec::new();
        self.store().each_order(&Which::Deployed(self.account.clone()), &mut |order| {
            let install = order.order.resume.install.as_ref();
            if install.is_some_and(|install| install.hook.is_some() || install.remembered.contains_key("verify")) {
                orders.push(order);
            }
        })?;
        Ok(orders)
    }

    /// The folders here that certificates of the store went into, whichever account they are of, each with the one that went there last.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn folders(&self) -> Result<HashMap<PathBuf, InstalledBefore>, Error> {
        let mut folders = HashMap::new();
        self.store().each_order(&Which::All, &mut |order| {
            if order.state == State::Done && self.is_here(&order) {
                let NewOrder { certificate, name, resume, .. } = order.order;
                folders.extend(resume.install.map(|install| (install.folder, InstalledBefore { certificate, name })));
            }
        })?;
        Ok(folders)
    }

    /// Calls with each order of the account that is done, oldest first.
    fn each_done(&self, call: &mut dyn FnMut(Order)) -> Result<(), Error> {
        Ok(self.store().each_order(&Which::All, &mut |order| {
            if order.order.account == self.account && order.state == State::Done {
                call(order);
            }
        })?)
    }

    /// The account's orders of a line of a batch, oldest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn of_batch(&self, batch: &str) -> Result<Vec<Order>, Error> {
        let mut orders = Vec::new();
        let which = Which::Batch { account: self.account.clone(), batch: batch.to_owned() };
        self.store().each_order(&which, &mut |order| orders.push(order))?;
        Ok(orders)
    }

    /// The latest orders of the account, the newest first, each with its history. The CSR and what a later process needs are left out.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn latest(&self, most: usize) -> Result<Vec<(Order, Vec<OrderEvent>)>, Error> {
        let store = self.store();
        let mut orders = VecDeque::new();
        store.list_orders(&Which::All, &mut |order| {
            if order.order.account == self.account {
                orders.push_front(order);
                orders.truncate(most);
            }
        })?;
        let with_history = |order: Order| store.history(&order.order.id).map(|history| (order, history));
        Ok(orders.into_iter().map(with_history).collect::<Result<_, _>>()?)
    }
}

/// The certificates that came of an order which was placed since the gateway asked for a reissue: of the last one of each that is done.
/// The store is read with the first question.
#[derive(Debug, Default)]
pub(crate) struct RequiredReissues(Option<HashSet<i64>>);

impl RequiredReissues {
    /// Whether that certificate is one of them.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn contains(&mut self, journal: &Journal, certificate: i64) -> Result<bool, Error> {
        if let Some(known) = &self.0 {
            return Ok(known.contains(&certificate));
        }
        let mut found = HashSet::new();
        journal.each_done(&mut |Order { order, .. }| match (order.certificate, order.resume.was_required) {
            (Some(id), true) => drop(found.insert(id)),
            (Some(id), false) => drop(found.remove(&id)),
            (None, _) => {}
        })?;
        Ok(self.0.insert(found).contains(&certificate))
    }
}
