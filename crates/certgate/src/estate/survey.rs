//! What is known of the certificates under care: by their folders, the store, the account's list, and the certificates themselves.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use certgate_domain::Certificate;
use certgate_store::Order;

use super::{
    account::AccountCertificate,
    plan::{ListedCertificate, Subject},
    term::RenewBefore,
};
use crate::{
    CertificateSelector, CertificateSettings, Client, Error, Installation, Journal, certificate_of,
    inventory::{Found, find, is_in, whole},
    selector::spelled,
};

/// Looks around before it is decided what is to be done.
pub struct Survey<'s> {
    /// Asks the gateway.
    pub client: &'s mut Client,
    /// Now, in seconds since 1970.
    pub now: i64,
}

/// So many certificates are asked for one by one whether the gateway wants a reissue; of more, only those that are due by their
/// own end.
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
    found: Vec<Found>,
    roots: &[PathBuf],
    journal: &Journal,
    asked: &CertificateSettings,
) -> Result<Vec<Subject>, Error> {
    let mut open = OpenOrders::of(journal)?;
    let mut subjects = Vec::new();
    // When something is due is asked of this run alone, and not remembered.
    let renew_before = asked.renew_before;
    let asked = &CertificateSettings { renew_before: None, ..asked.clone() };
    for (folder, found) in found {
        let settings = asked.clone();
        let mut subject = Subject { folder: Some(folder.clone()), settings, renew_before, ..Subject::default() };
        match found {
            Ok(installed) => {
                subject.open = open.take(&folder, installed.id);
                let into = subject.open.as_ref().and_then(|order| order.order.resume.install.as_ref());
                // What it was ordered with is later than what is in place.
                let ordered = into.filter(|install| whole(&install.folder) == whole(&folder));
                let ordered = ordered.map(CertificateSettings::of_installation).unwrap_or_default();
                subject.settings =
                    asked.clone().or(&ordered).or(&installed.record.settings.clone().unwrap_or_default());
                let remembered = subject.settings.renew_before.map(RenewBefore::of_every_run);
                subject.renew_before = renew_before.or(remembered);
                subject.installed = Some(installed);
            }
            Err(why) => {
                subject.open = open.take(&folder, None);
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

/// The store's orders that are not finished, by the folders that they go into and the certificates that they are of.
pub(super) struct OpenOrders {
    orders: Vec<(Option<PathBuf>, Order)>,
}

impl OpenOrders {
    pub(super) fn of(journal: &Journal) -> Result<Self, Error> {
        let folder = |order: &Order| Some(whole(&order.order.resume.install.as_ref()?.folder));
        let orders = journal.unfinished_here()?.into_iter().map(|order| (folder(&order), order)).collect();
        Ok(Self { orders })
    }

    /// The order that goes into that folder, or that was ordered elsewhere for that certificate.
    pub(super) fn take(&mut self, folder: &Path, id: Option<i64>) -> Option<Order> {
        if self.orders.is_empty() {
            return None;
        }
        let folder = whole(folder);
        let into = |(to, _): &(Option<PathBuf>, Order)| to.as_ref() == Some(&folder);
        let at = self.orders.iter().position(into);
        at.map(|at| self.orders.remove(at).1).or_else(|| self.of_certificate(id))
    }

    fn of_certificate(&mut self, id: Option<i64>) -> Option<Order> {
        let at = self.orders.iter().position(|(_, order)| id.is_some() && order.order.certificate == id)?;
        Some(self.orders.remove(at).1)
    }

    fn into_folders(self, roots: &[PathBuf]) -> Vec<(PathBuf, Order)> {
        let folders = self.orders.into_iter().filter_map(|(folder, order)| Some((folder?, order)));
        folders.filter(|(folder, _)| is_in(folder, roots)).collect()
    }
}

impl Survey<'_> {
    /// Asks for what has to be known besides: the account's list where a name is declared, and the certificates that are due or not
    /// what is in place. What the gateway refuses to tell of one does not hide the others.
    ///
    /// # Errors
    /// The gateway could not be asked.
    pub fn ask(&mut self, subjects: &mut [Subject]) -> Result<(), Error> {
        if subjects.iter().any(|subject| subject.selector.is_some()) {
            self.list(subjects)?;
        }
        let few = subjects.len() <= FEW;
        for subject in subjects {
            let known = || subject.certificate_id().ok().flatten().filter(|_| few && !subject.is_under_way());
            let Some(id) = subject.is_asked_for(self.now).or_else(known) else { continue };
            self.look(subject, id)?;
        }
        Ok(())
    }

    fn look(&mut self, subject: &mut Subject, id: i64) -> Result<(), Error> {
        let Some(certificate) = certificate_of(self.client, id)? else {
            subject.listed = Some(Vec::new());
            subject.selector = Some(CertificateSelector::Id(id));
            return Ok(());
        };
        subject.has_its_key = has_key(subject, &certificate);
        subject.certificate = Some(Box::new(certificate));
        Ok(())
    }

    /// The account's certificates, by names and ids that are declared.
    fn list(&mut self, subjects: &mut [Subject]) -> Result<(), Error> {
        let (mut by_name, mut by_id): (HashMap<String, Vec<usize>>, BTreeMap<i64, Vec<usize>>) = Default::default();
        for (at, subject) in subjects.iter_mut().enumerate() {
            match &subject.selector {
                Some(CertificateSelector::Name(name)) => by_name.entry(spelled(name)).or_default().push(at),
                Some(CertificateSelector::Id(id)) => by_id.entry(*id).or_default().push(at),
                None => continue,
            }
            subject.listed = Some(Vec::new());
        }
        for row in AccountCertificate::all(self.client)?.0 {
            let Some(id) = row.id else { continue };
            let listed = ListedCertificate { id, not_after: row.not_after };
            let of_name = by_name.get(&spelled(&row.name));
            for at in of_name.into_iter().chain(by_id.get(&id)).flatten() {
                if let Some(known) = subjects.get_mut(*at).and_then(|subject| subject.listed.as_mut()) {
                    known.push(listed);
                }
            }
        }
        Ok(())
    }
}

/// Whether the key of the gateway's certificate is in the folder.
fn has_key(subject: &Subject, certificate: &Certificate) -> bool {
    let Some(folder) = &subject.folder else { return false };
    certificate.server.as_deref().is_some_and(|server| Installation::at(folder).has_key_of(server))
}
