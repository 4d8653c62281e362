//! What monitoring asks: the certificates of the account and of folders here, orders, the queue, runs.

mod check;
mod exposition;
mod overview;
mod prometheus;
mod requests;
mod standing;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    iter,
    path::PathBuf,
};

use certgate_domain::{AccountId, Certificate, PollMessage, task::PollInfo};
use certgate_store::{LastRun, OrderCount, RequestCount};

use self::standing::look_at;
pub use self::{
    check::{Level, Thresholds, Verdict, check},
    exposition::{Metric, MetricKind},
    overview::{NextStep, Overview, WaitingMessage},
    prometheus::{METRICS, prometheus},
    requests::RequestMeter,
    standing::{CertificateThere, InstalledStanding, Standing, Todo, look_at_servers, standings},
};
use crate::{
    Client, Error, Journal, certificate_of,
    estate::{
        FEW, OpenOrders,
        account::{Account, AccountCertificate},
        term::{Term, revoked_at},
    },
    inventory::{Found, InstalledCertificate, InventoryError, find, missing},
    queue::waiting,
    served::{LOOKS, Verification},
    together::together,
};

/// Everything that is watched, at one time.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Snapshot {
    /// When it was taken, in seconds since 1970.
    pub taken: i64,
    /// Whose certificates, orders and runs these are.
    pub account_id: Option<AccountId>,
    /// The account, as far as the gateway answered.
    pub account: Option<Account>,
    /// The sets in place in folders here.
    pub installed: Vec<InstalledCertificate>,
    /// The folders here whose certificate in place was revoked, as far as that is noted or the gateway tells it.
    pub revoked: BTreeSet<PathBuf>,
    /// Folders here that cannot be told of, or that nothing is done with.
    pub unreadable: Vec<(PathBuf, InventoryError)>,
    /// The orders of the store by their states.
    pub orders: Vec<OrderCount>,
    /// When commands that use the store ran last on this machine.
    pub runs: Vec<LastRun>,
    /// The tasks that those runs sent, since the store was made.
    pub requests: Vec<RequestCount>,
    /// How many messages wait in the account's queue, where the gateway says.
    pub queue: Option<i64>,
    /// The first message of that queue. The gateway shows no other before this one is confirmed.
    pub first_message: Option<PollMessage>,
    /// What is served where the sets in place are noted to be served, where that was looked at.
    pub served: Vec<ServedSet>,
}

/// A set in place, looked at where it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedSet {
    /// Its folder.
    pub folder: PathBuf,
    /// Where it is served.
    pub endpoint: String,
    /// Why it is not what is served; `None` if it is.
    pub problem: Option<String>,
}

impl ServedSet {
    /// What is served of a set, at each place where it is noted to be served.
    fn of(installed: &InstalledCertificate, now: i64) -> Vec<Self> {
        let looked = |look: Verification| Self {
            folder: installed.folder.clone(),
            endpoint: look.endpoint.to_string(),
            problem: look.problem(),
        };
        look_at(installed, now).into_iter().map(looked).collect()
    }
}

/// What the gateway is asked for, beside the list of certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Questions {
    /// The terms of the certificates that are installed here, which lists do not say; of many those of the hundred that end first.
    pub terms: bool,
    /// The length of the queue.
    pub queue: bool,
}

/// The folders whose certificates are watched.
#[derive(Debug, Clone, Copy)]
pub struct WatchedFolders<'a> {
    /// Folders of certificates, or folders of such.
    pub roots: &'a [PathBuf],
    /// Whether somebody named them: each is to hold a certificate. Of others only those that certificates went into once.
    pub are_named: bool,
}

impl Snapshot {
    /// What this machine knows by itself: folders and store. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn here(watched: WatchedFolders<'_>, journal: &Journal, now: i64) -> Result<Self, Error> {
        Self::of_found(find(watched.roots, now), watched, journal, now)
    }

    fn of_found(found: Vec<Found>, watched: WatchedFolders<'_>, journal: &Journal, now: i64) -> Result<Self, Error> {
        let (mut installed, mut unreadable) = (Vec::new(), Vec::new());
        for (folder, found) in found {
            match found {
                Ok(found) => {
                    unreadable.extend(found.led_elsewhere.clone().map(|why| (folder, why.into())));
                    installed.push(found);
                }
                Err(why) => unreadable.push((folder, why)),
            }
        }
        // A folder that is missing, and does not wait for a certificate, cannot be told of.
        let WatchedFolders { roots, are_named } = watched;
        let here = installed.iter().map(|set| &set.folder).chain(unreadable.iter().map(|(folder, _)| folder)).cloned();
        let awaited = OpenOrders::of(journal)?.into_folders(roots).into_iter().map(|(folder, _)| folder);
        let missing = missing(roots, are_named, &here.chain(awaited).collect::<Vec<_>>(), iter::once(journal))?;
        unreadable.extend(missing);
        let revoked = installed.iter().filter(|set| set.record.revoked.is_some()).map(|set| set.folder.clone());
        Ok(Self {
            taken: now,
            account_id: Some(AccountId::known_as(journal.account())),
            revoked: revoked.collect(),
            installed,
            unreadable,
            orders: journal.count_orders()?,
            runs: journal.last_runs()?,
            requests: journal.requests()?,
            ..Self::default()
        })
    }

    /// Looks at each set in place where it is noted to be served, and compares. Servers that do not answer are waited for together.
    pub fn look_at_servers(&mut self) {
        let now = self.taken;
        self.served = together(&self.installed, LOOKS, |set| ServedSet::of(set, now)).concat();
    }

    /// Adds what the gateway says.
    ///
    /// # Errors
    /// See [`Error`]: what it said until then is kept.
    pub fn ask(&mut self, client: &mut Client, questions: Questions) -> Result<(), Error> {
        self.list(client, questions.queue)?;
        self.ask_each(client, questions.terms, &BTreeMap::new())
    }

    /// Adds the account's list, and its queue where that is asked for.
    fn list(&mut self, client: &mut Client, queue: bool) -> Result<(), Error> {
        let account = self.account.insert(Account::of(client)?);
        let mut installed: Vec<&InstalledCertificate> = self.installed.iter().collect();
        installed.sort_unstable_by_key(|set| set.not_before);
        let installed: HashMap<_, _> = installed.into_iter().filter_map(|set| Some((set.id?, set))).collect();
        for row in &mut account.certificates {
            let set = row.id.and_then(|id| installed.get(&id)).filter(|set| !row.may_be_another(set));
            row.not_before = set.map(|set| set.not_before).or(row.not_before);
        }
        if queue {
            let answer = client.call(PollInfo)?.value;
            self.queue = Some(waiting(&answer));
            self.first_message = answer.data.into_iter().find(|message| *message != PollMessage::default());
        }
        Ok(())
    }

    /// Adds what the certificates that are installed here tell by themselves: which were revoked, and with `terms` what they are paid until. Those in
    /// `known`, by their ids, the gateway showed already: it is not asked for them again.
    fn ask_each(&mut self, client: &mut Client, terms: bool, known: &BTreeMap<i64, &Certificate>) -> Result<(), Error> {
        let mut ids: BTreeSet<i64> = self.in_doubt().into_iter().chain(known.keys().copied()).collect();
        if terms {
            let mut installed: Vec<_> =
                self.installed.iter().filter_map(|set| Some((set.not_after, set.id?))).collect();
            installed.sort_unstable();
            ids.extend(installed.into_iter().map(|(_, id)| id).take(FEW));
        }
        for id in ids {
            let known = known.get(&id).copied();
            let asked = if known.is_none() { certificate_of(client, id)? } else { None };
            if let Some(whole) = known.or(asked.as_ref()) {
                self.note(id, whole, terms);
            }
        }
        Ok(())
    }

    /// The certificates that the account may have another one of than is in place here, for only what another one took the place of is revoked; of
    /// many those that were changed last.
    fn in_doubt(&self) -> Vec<i64> {
        let rows = self.account.iter().flat_map(|account| &account.certificates);
        let rows: HashMap<_, _> = rows.filter_map(|row| Some((row.id?, row))).collect();
        let in_doubt = |set: &InstalledCertificate| {
            let (id, row) = (set.id?, rows.get(&set.id?));
            let is_in_doubt = row.is_none_or(|row| row.may_be_another(set));
            is_in_doubt.then(|| (Reverse(row.and_then(|row| row.updated)), id))
        };
        let in_doubt: BTreeSet<_> = self.installed.iter().filter_map(in_doubt).collect();
        in_doubt.into_iter().map(|(_, id)| id).take(FEW).collect()
    }

    /// Notes what a certificate tells by itself.
    fn note(&mut self, id: i64, whole: &Certificate, terms: bool) {
        let is_revoked = |set: &&InstalledCertificate| set.id == Some(id) && revoked_at(whole, &set.serial).is_some();
        self.revoked.extend(self.installed.iter().filter(is_revoked).map(|set| set.folder.clone()));
        let rows = self.account.iter_mut().flat_map(|account| &mut account.certificates);
        for row in rows.filter(|row| terms && row.id == Some(id)) {
            *row = AccountCertificate { term: Term::of(whole), ..AccountCertificate::from(whole) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Snapshot, check::tests::installed};
    use crate::estate::account::{Account, AccountCertificate};

    /// Of as many certificates as there are folders, each of which may be another one by now, not all are asked for: those that were changed last.
    #[test]
    fn what_is_asked_for_of_many_is_bounded() {
        let mut snapshot = Snapshot { account: Some(Account::default()), ..Snapshot::default() };
        for id in 0..1000 {
            let set = installed(Some(id), 86_400);
            let (not_after, updated) = (Some(set.not_after + 1), Some(set.not_before + id));
            snapshot.installed.push(set);
            let row = AccountCertificate { id: Some(id), not_after, updated, ..AccountCertificate::default() };
            snapshot.account.as_mut().unwrap().certificates.push(row);
        }
        let asked = snapshot.in_doubt();
        assert_eq!(asked, (900..1000).rev().collect::<Vec<i64>>());
        // What stands in several folders is asked for once; what the list says of in full, not at all.
        snapshot.installed.extend([installed(Some(999), 86_400), installed(Some(999), 2 * 86_400)]);
        let rows = &mut snapshot.account.as_mut().unwrap().certificates;
        rows.iter_mut().take(998).for_each(|row| row.not_after = row.not_after.map(|end| end - 1));
        assert_eq!(snapshot.in_doubt(), [999, 998]);
    }
}
