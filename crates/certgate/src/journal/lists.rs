//! The account's orders, by what they are looked for.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet, VecDeque},
    path::{Path, PathBuf},
};

use certgate_domain::TaskKind;
use certgate_store::{InstallOptions, InstalledFolder, Order, OrderEvent, State, Which};

use super::Journal;
use crate::{
    CertificateSelector, Error, Installation,
    estate::Subject,
    inventory::{Found, InventoryError, whole},
    selector::is_same_name,
};

impl Journal {
    /// The certificates that the account's other orders of new ones of that name came to.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn new_certificates_of_others(&self, id: &str, name: &str) -> Result<Vec<i64>, Error> {
        Ok(self.store().new_certificates_of_others(id, &self.account, name)?)
    }

    /// Whether an order of a new certificate of that name is under way from here whose certificate is not known yet.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn orders_new(&self, name: &str) -> Result<bool, Error> {
        Ok(self.unfinished()?.iter().any(|Order { order, state, .. }| {
            let is_new = order.task == TaskKind::CertificateCreate.name() && order.certificate.is_none();
            is_new && state.is_under_way() && order.name.as_deref().is_some_and(|other| is_same_name(other, name))
        }))
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

    /// The last of the account's orders in each folder here, of those that are done and whose certificates were installed with a hook, or are to be
    /// served somewhere; without their CSRs, which are most of them.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn last_with_deployment(&self) -> Result<BTreeMap<PathBuf, Order>, Error> {
        let mut last = BTreeMap::new();
        self.store().each_order(&Which::Deployed(self.account.clone()), &mut |mut order| {
            let install = order.order.resume.install.as_ref();
            let is_deployed =
                |install: &&InstallOptions| install.hook.is_some() || install.remembered.contains_key("verify");
            if let Some(folder) = install.filter(is_deployed).map(|install| install.folder.clone())
                && self.is_here(&order)
            {
                order.order.csr = None;
                last.insert(folder, order);
            }
        })?;
        Ok(last)
    }

    /// Says of what is gone from its folder which certificate that was, where nothing in the folder tells it.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn name_gone(&self, found: &mut [Found]) -> Result<(), Error> {
        let mut known = None;
        for (folder, found) in found {
            let Err(InventoryError::CertificateLost { certificate: certificate @ None, .. }) = found else { continue };
            if known.is_none() {
                known = Some(self.folders()?);
            }
            let of_name = |name: &String| CertificateSelector::Name(name.clone());
            *certificate = known.as_ref().and_then(|known| known.get(&whole(folder))).and_then(|installed| {
                installed.certificate.map(CertificateSelector::Id).or(installed.name.as_ref().map(of_name))
            });
        }
        Ok(())
    }

    /// The folders here that certificates were put into, whichever account they are of, each with the one that went there last. One of another
    /// machine is here where this one shares it: the certificate is in it.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn folders(&self) -> Result<BTreeMap<PathBuf, InstalledFolder>, Error> {
        let mut folders = self.store().folders()?;
        folders.retain(|InstalledFolder { folder, host, certificate, .. }| match (&self.host, host) {
            (Some(here), Some(there)) if here != there => {
                let in_place = Installation::at(folder).record_in_place();
                in_place.is_some_and(|record| record.certificate.is_some() && record.certificate == *certificate)
            }
            _ => true,
        });
        // What is known of this machine is newer than what was noted before it had a name.
        folders.sort_by_key(|installed| installed.host == self.host);
        Ok(folders.into_iter().map(|installed| (whole(&installed.folder), installed)).collect())
    }

    /// The folders into which the last order of the account that is done brought no key.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn folders_without_keys(&self) -> Result<HashSet<PathBuf>, Error> {
        let mut folders = HashSet::new();
        self.each_done(&mut |order| {
            if let Some(install) = &order.order.resume.install {
                let folder = whole(&install.folder);
                if install.with_key {
                    folders.remove(&folder)
                } else {
                    folders.insert(folder)
                };
            }
        })?;
        Ok(folders)
    }

    /// Notes where certificates were put that no order of the store brought: a later run knows by it that a disk is not mounted.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn note_folders(
        &self,
        installed: impl IntoIterator<Item = (PathBuf, Option<i64>, Option<String>)>,
    ) -> Result<(), Error> {
        let noted =
            installed.into_iter().flat_map(|(folder, certificate, name)| self.noted(&folder, certificate, name));
        Ok(self.store().note_folders(&noted.collect::<Vec<_>>())?)
    }

    /// Notes the certificates of the account that were found in place and are not known there, such as those that another machine put into a
    /// folder that is shared.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn note_in_place(&self, subjects: &[Subject]) -> Result<(), Error> {
        let known: HashSet<InstalledFolder> = self.store().folders()?.into_iter().collect();
        let in_place = subjects.iter().filter_map(|subject| subject.installed.as_ref());
        // A copy of a folder may be removed.
        let in_place = in_place.filter(|installed| installed.id.is_some() && installed.led_elsewhere.is_none());
        let noted = in_place.flat_map(|one| self.noted(&one.folder, one.id, Some(one.name.clone())));
        let new: Vec<InstalledFolder> = noted.filter(|installed| !known.contains(installed)).collect();
        if new.is_empty() { Ok(()) } else { Ok(self.store().note_folders(&new)?) }
    }

    /// A folder on this machine, as it is spelled and as what its links lead to: which of them is gone later is not known.
    fn noted(
        &self,
        folder: &Path,
        certificate: Option<i64>,
        name: Option<String>,
    ) -> impl Iterator<Item = InstalledFolder> + use<> {
        let folders =
            BTreeSet::from([std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()), whole(folder)]);
        let host = self.host.clone();
        let noted = move |folder| InstalledFolder { folder, host: host.clone(), certificate, name: name.clone() };
        folders.into_iter().map(noted)
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

    /// The account's orders of all lines of batches that begin so, oldest first. The CSR and what a later process needs are left out.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn of_batches(&self, beginning: &str) -> Result<Vec<Order>, Error> {
        let mut orders = Vec::new();
        let which = Which::Batches { account: self.account.clone(), beginning: beginning.to_owned() };
        self.store().list_orders(&which, &mut |order| orders.push(order))?;
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
