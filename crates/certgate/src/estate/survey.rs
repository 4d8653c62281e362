//! What is known of the certificates under care: by their folders, the store, the account's list, and the certificates themselves.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use certgate_domain::{AnyData, AnyTask, Certificate, TaskKind, task::CertificateInfo};
use certgate_store::Order;

use super::{
    account::AccountCertificate,
    plan::{ListedCertificate, Subject},
    term::{RenewBefore, requires_reissue},
};
use crate::{
    CertificateSelector, CertificateSettings, Client, Error, GatewayClock, Installation, Journal,
    installation::{Deployment, LedElsewhere, repeat_hooks},
    inventory::{Found, InstalledCertificate, InventoryError, find, is_in, whole},
    journal::RequiredReissues,
    selector::{is_same_name, spelled},
    served::LOOKS,
    together::together,
};

/// Looks around before it is decided what is to be done.
pub struct Survey<'s> {
    /// Asks the gateway.
    pub client: &'s mut Client,
    /// The orders that were placed before.
    pub journal: &'s Journal,
    /// Now, in seconds since 1970.
    pub now: i64,
}

/// So many certificates are asked for one by one: which one has a name, or whether the gateway wants a reissue. Of more names the
/// account's list tells, and of more certificates only those are asked for that are due by their own end.
pub(crate) const FEW: usize = 100;

/// The certificates in these folders and below them, and those whose first certificate is on its way there. What `asked` says
/// goes before what is remembered with each.
///
/// # Errors
/// The store cannot be read.
pub fn subjects_of_folders(
    roots: &[PathBuf],
    journal: &Journal,
    asked: &CertificateSettings,
    now: i64,
) -> Result<Vec<Subject>, Error> {
    subjects_of(find(roots, now), roots, journal, asked)
}

/// The same for what was [found](crate::inventory::find) there, or a part of it.
///
/// # Errors
/// The store cannot be read.
pub fn subjects_of(
    mut found: Vec<Found>,
    roots: &[PathBuf],
    journal: &Journal,
    asked: &CertificateSettings,
) -> Result<Vec<Subject>, Error> {
    journal.name_gone(&mut found)?;
    let mut open = OpenOrders::of(journal)?;
    let mut subjects = Vec::new();
    // When something is due is asked of this run alone, and not remembered.
    let renew_before = asked.renew_before;
    let asked = &CertificateSettings { renew_before: None, ..asked.clone() };
    let own: Vec<_> = found.iter().map(|(folder, _)| (open.take_into(folder), open.take_left(folder))).collect();
    for ((folder, found), (own, left)) in found.into_iter().zip(own) {
        let settings = asked.clone();
        let mut subject = Subject { folder: Some(folder.clone()), settings, renew_before, left, ..Subject::default() };
        match found {
            Ok(installed) => {
                subject.open = own.or_else(|| open.of_certificate(installed.id));
                // What it is being ordered with is later than what is in place. An order that is over, or never left, says nothing of it: at most
                // something that it published is left to be removed.
                let under_way = subject.open.as_ref().filter(|_| subject.is_under_way());
                let into = under_way.and_then(|order| order.order.resume.install.as_ref());
                let ordered = into.filter(|install| whole(&install.folder) == whole(&folder));
                let ordered = ordered.map(CertificateSettings::of_installation).unwrap_or_default();
                subject.settings =
                    asked.clone().or(&ordered).or(&installed.record.settings.clone().unwrap_or_default());
                let remembered = subject.settings.renew_before.map(RenewBefore::of_every_run);
                subject.renew_before = renew_before.or(remembered);
                subject.put_in(installed);
            }
            Err(why) => {
                subject.open = own;
                if let InventoryError::CertificateLost { .. } = &why {
                    let record = Installation::at(&folder).record_in_place();
                    subject.settings = asked.clone().or(&record.and_then(|record| record.settings).unwrap_or_default());
                }
                subject.unreadable = Some(why);
            }
        }
        subjects.push(subject);
    }
    for (folder, order) in open.into_folders(roots) {
        let before = order.order.resume.install.as_ref().map(CertificateSettings::of_installation);
        let settings = asked.clone().or(&before.unwrap_or_default());
        subjects.push(Subject { folder: Some(folder), settings, open: Some(order), ..Subject::default() });
    }
    Ok(subjects)
}

/// Looks after what is in place, before anything is asked of the gateway or waited for: nothing of it is needed for that. What servers were led to and
/// did not find is there again, and its hook is run; so is one that failed. What was deployed and is not served any more where it is to be is as one whose
/// hook failed. What is in place is noted in its folder and in the store. `now` is in seconds since 1970.
///
/// # Errors
/// The store cannot be used.
pub fn look_after(subjects: &mut [Subject], journal: &Journal, now: i64) -> Result<(), Error> {
    let unserved = together(subjects, LOOKS, |subject| subject.note_unserved(now));
    for (subject, deployment) in subjects.iter_mut().zip(unserved) {
        if let (Some(installed), Some(deployment)) = (&mut subject.installed, deployment) {
            installed.record.deployment = deployment;
        }
    }
    let left = subjects.iter().filter(|subject| subject.is_redeployed_first());
    let deployments = repeat_hooks(left.filter_map(|subject| Some(subject.in_place()?.at_time(now))).collect());
    for subject in &mut *subjects {
        let Some(folder) = subject.folder.as_ref().filter(|_| subject.installed.is_some()) else { continue };
        subject.redeployed = deployments.get(folder).cloned();
        // It tells what was in place should that be lost: without it, it is the newest set.
        let _ = Installation::at(folder).note_current();
    }
    journal.note_in_place(subjects)
}

impl Subject {
    /// [Looks](Installation::note_unserved) at what is in place, as it was installed.
    fn note_unserved(&self, now: i64) -> Option<Deployment> {
        let installed = self.installed.as_ref()?;
        if self.unreadable.is_some() || installed.record.endpoints().is_empty() {
            return None;
        }
        let options = installed.record.install_options(&installed.folder)?;
        Installation::new(options).at_time(now).note_unserved()
    }

    /// Whether its hook is left to be run.
    fn is_redeployed_first(&self) -> bool {
        let is_left = |installed: &InstalledCertificate| {
            let is_declared = match &self.selector {
                Some(CertificateSelector::Id(id)) => installed.id.is_none_or(|noted| noted == *id),
                Some(CertificateSelector::Name(name)) => is_same_name(&installed.name, name),
                None => true,
            };
            // Of what servers read elsewhere only the order that is out is carried on with.
            let is_in_care = self.unreadable.is_none() || installed.is_led_nowhere() || self.is_under_way();
            is_declared && is_in_care && installed.record.deployment.is_failed()
        };
        self.installed.as_ref().is_some_and(is_left)
    }

    /// What is in place, installed as is asked for now, and else as is remembered: what is only asked for no longer holds from the next certificate on.
    pub(super) fn in_place(&self) -> Option<Installation> {
        let before = self.installed.as_ref()?.record.settings.clone().unwrap_or_default();
        let mut settings = self.settings.clone();
        if settings.deploy_hook.is_none() {
            settings.working_folder = before.working_folder.clone().or(settings.working_folder);
        }
        settings.or(&before).installed_into(self.folder.as_deref()?).ok().map(Installation::new)
    }

    /// It is in place; nothing is done with it where a server reads something else in its stead.
    pub(super) fn put_in(&mut self, installed: InstalledCertificate) {
        // A hook that is asked for only now would copy what comes, too.
        let is_copied = |why: &LedElsewhere| why.is_copy() && self.settings.deploy_hook.is_some();
        let elsewhere = installed.led_elsewhere.clone().filter(|why| !is_copied(why));
        self.unreadable = elsewhere.map(InventoryError::from);
        self.installed = Some(installed);
    }
}

/// The store's orders that are not finished, by the folders that they go into and the certificates that they are of.
#[derive(Default)]
pub(crate) struct OpenOrders {
    orders: Vec<(Option<PathBuf>, Order)>,
}

impl OpenOrders {
    pub(crate) fn of(journal: &Journal) -> Result<Self, Error> {
        let folder = |order: &Order| Some(whole(&order.order.resume.install.as_ref()?.folder));
        let mut orders: Vec<_> = journal.unfinished_here()?.into_iter().map(|order| (folder(&order), order)).collect();
        // One that is over, or never left, hides none that is under way.
        orders.sort_by_key(|(_, order)| !order.state.is_under_way());
        Ok(Self { orders })
    }

    /// The order that goes into that folder, or that was ordered for that certificate into another one; of one that there is not yet, by its name.
    pub(super) fn take(&mut self, folder: &Path, id: Option<i64>, name: Option<&str>) -> Option<Order> {
        self.take_into(folder).or_else(|| self.of_certificate(id)).or_else(|| self.of_new(name?))
    }

    /// The order that goes into that folder.
    pub(crate) fn take_into(&mut self, folder: &Path) -> Option<Order> {
        if self.orders.is_empty() {
            return None;
        }
        let folder = whole(folder);
        let at = self.orders.iter().position(|(to, _)| to.as_ref() == Some(&folder))?;
        Some(self.orders.remove(at).1)
    }

    /// The others of that folder that are over or never left, of which something may be published still.
    pub(super) fn take_left(&mut self, folder: &Path) -> Vec<Order> {
        if self.orders.is_empty() {
            return Vec::new();
        }
        let folder = whole(folder);
        let is_left =
            |(to, order): &mut (Option<PathBuf>, Order)| to.as_ref() == Some(&folder) && !order.state.is_under_way();
        self.orders.extract_if(.., is_left).map(|(_, order)| order).collect()
    }

    fn of_certificate(&mut self, id: Option<i64>) -> Option<Order> {
        let at = self.orders.iter().position(|(_, order)| id.is_some() && order.order.certificate == id)?;
        Some(self.orders.remove(at).1)
    }

    fn of_new(&mut self, name: &str) -> Option<Order> {
        let new = [TaskKind::CertificateCreate, TaskKind::CertificateRealtime].map(TaskKind::name);
        let is_it = |order: &Order| {
            let is_named = order.order.name.as_deref().is_some_and(|other| is_same_name(other, name));
            is_named && order.state.is_under_way() && new.contains(&order.order.task.as_str())
        };
        let at = self.orders.iter().position(|(_, order)| is_it(order))?;
        Some(self.orders.remove(at).1)
    }

    /// The others that go into these folders, or into folders below them.
    pub(crate) fn into_folders(self, roots: &[PathBuf]) -> Vec<(PathBuf, Order)> {
        let folders = self.orders.into_iter().filter_map(|(folder, order)| Some((folder?, order)));
        folders.filter(|(folder, _)| is_in(folder, roots)).collect()
    }
}

impl Survey<'_> {
    /// Asks for what has to be known besides: the account's list where a name is declared, and the certificates that are due or not
    /// what is in place. What the gateway refuses to tell of one does not hide the others.
    ///
    /// Gives the clocks, where the gateway said its date.
    ///
    /// # Errors
    /// The gateway could not be asked.
    pub fn ask(&mut self, subjects: &mut [Subject]) -> Result<Option<GatewayClock>, Error> {
        let mut clock = None;
        if subjects.iter().any(|subject| subject.selector.is_some()) {
            clock = self.list(subjects)?;
        }
        let (few, mut reissued) = (subjects.len() <= FEW, RequiredReissues::default());
        for subject in subjects.iter_mut() {
            let known = || subject.certificate_id().ok().flatten().filter(|_| few && !subject.is_under_way());
            let Some(id) = subject.is_asked_for(self.now).or_else(known) else { continue };
            clock = self.look(subject, id, &mut reissued)?.or(clock);
        }
        choose_folders(subjects);
        note_doubles(subjects);
        Ok(clock)
    }

    fn look(
        &mut self,
        subject: &mut Subject,
        id: i64,
        reissued: &mut RequiredReissues,
    ) -> Result<Option<GatewayClock>, Error> {
        let task = AnyTask::from(CertificateInfo::new(id));
        let answered = self.client.exchange(&task)?;
        let certificate = |data| if let AnyData::Certificate(one) = data { Some(*one) } else { None };
        let clock = GatewayClock::of(&answered);
        let accepted = self.client.accepted(task.kind(), answered);
        let certificate = match accepted.and_then(|answered| self.client.understood(task.kind(), answered)) {
            Err(error) if error.refusal().is_some() => {
                subject.listed = Some(Vec::new());
                subject.selector = Some(CertificateSelector::Id(id));
                return Ok(clock);
            }
            answered => answered?.answer.value.data.into_iter().find_map(certificate).unwrap_or_default(),
        };
        subject.has_its_key = has_key(subject, &certificate);
        subject.shows_a_pair = subject.folder.as_deref().is_some_and(|folder| Installation::at(folder).shows_a_pair());
        subject.was_required = requires_reissue(&certificate) && reissued.contains(self.journal, id)?;
        subject.certificate = Some(Box::new(certificate));
        Ok(clock)
    }

    /// The account's certificates, by names and ids that are declared.
    fn list(&mut self, subjects: &mut [Subject]) -> Result<Option<GatewayClock>, Error> {
        let (mut by_name, mut by_id): (HashMap<String, Vec<usize>>, BTreeMap<i64, Vec<usize>>) = Default::default();
        for (at, subject) in subjects.iter_mut().enumerate() {
            match &subject.selector {
                Some(CertificateSelector::Name(name)) => by_name.entry(spelled(name)).or_default().push(at),
                Some(CertificateSelector::Id(id)) => by_id.entry(*id).or_default().push(at),
                None => continue,
            }
            subject.listed = Some(Vec::new());
            subject.listed_at = Some(self.journal.now());
        }
        let (all, clock) = AccountCertificate::all(self.client)?;
        for row in all {
            let Some(id) = row.id else { continue };
            let listed = ListedCertificate { id, not_after: row.not_after };
            let of_name = by_name.get(&spelled(&row.name));
            for at in of_name.into_iter().chain(by_id.get(&id)).flatten() {
                if let Some(known) = subjects.get_mut(*at).and_then(|subject| subject.listed.as_mut()) {
                    known.push(listed);
                }
            }
        }
        Ok(clock)
    }
}

/// A certificate that is in several folders is ordered for one of them, and the others fetch it: the one that an order is under way for,
/// else the one that has the key of the gateway's certificate, else any key.
fn choose_folders(subjects: &mut [Subject]) {
    let mut places: HashMap<i64, Vec<usize>> = HashMap::new();
    for (at, subject) in subjects.iter().enumerate() {
        if let (Some(_), None, None, Ok(Some(id))) =
            (&subject.installed, &subject.unreadable, &subject.ordered_by, subject.certificate_id())
        {
            places.entry(id).or_default().push(at);
        }
    }
    for places in places.into_values().filter(|places| places.len() > 1) {
        let rank = |at: &usize| {
            let subject = subjects.get(*at)?;
            let has_key = subject.installed.as_ref()?.key_fits.is_some();
            Some((subject.is_under_way(), subject.has_its_key, has_key, Reverse(*at)))
        };
        let Some(chosen) = places.iter().copied().max_by_key(rank) else { continue };
        let folder = subjects.get(chosen).and_then(|subject| subject.folder.clone());
        for at in places.into_iter().filter(|at| *at != chosen) {
            if let Some(subject) = subjects.get_mut(at) {
                subject.ordered_in.clone_from(&folder);
            }
        }
    }
}

/// Notes with each declared certificate where the same one is declared, too, be it by its id and by its name.
fn note_doubles(subjects: &mut [Subject]) {
    let mut places: HashMap<(Option<i64>, Option<String>), Vec<usize>> = HashMap::new();
    for (at, subject) in subjects.iter().enumerate() {
        let of_new = match &subject.selector {
            Some(CertificateSelector::Name(name)) => Some(spelled(name)),
            Some(CertificateSelector::Id(_)) => None,
            None => continue,
        };
        let Ok(id) = subject.certificate_id() else { continue };
        places.entry((id, of_new.filter(|_| id.is_none()))).or_default().push(at);
    }
    for places in places.into_values().filter(|places| places.len() > 1) {
        for (at, other) in places.iter().zip(places.iter().cycle().skip(1)) {
            let place = subjects.get(*other).and_then(|other| other.place.clone());
            if let Some(subject) = subjects.get_mut(*at) {
                subject.declared_in = place;
            }
        }
    }
}

/// Whether the key of the gateway's certificate is in the folder.
fn has_key(subject: &Subject, certificate: &Certificate) -> bool {
    let Some(folder) = &subject.folder else { return false };
    let place = || Installation::owned(folder, subject.settings.file_owner.as_deref());
    certificate.server.as_deref().is_some_and(|server| place().has_key_of(server))
}
