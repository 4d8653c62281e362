//! How each certificate stands: what is in place in folders here, what the account has, and what there is to do about it.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    time::Duration,
};

use certgate_domain::Certificate;
use certgate_store::Order;
use certgate_x509::is_same_serial;

use super::check::Thresholds;
use crate::{
    Client, Error, Installation, Journal, certificate_of,
    estate::{
        FEW, OpenOrders, PlanError,
        account::AccountCertificate,
        term::{Lifetime, RenewBefore, requires_reissue, revoked_at},
    },
    inventory::{Found, InstalledCertificate, InventoryError, ends_within},
    journal::RequiredReissues,
    served::{LOOKS, TIMEOUT, Verification},
    together::together,
};

/// A certificate of a folder here, or of the account.
#[derive(Debug)]
#[non_exhaustive]
pub enum Standing {
    /// One that is in place in a folder.
    Installed(Box<InstalledStanding>),
    /// A folder that cannot be told of.
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// Why.
        why: InventoryError,
    },
    /// A folder that waits for its first certificate.
    Awaited {
        /// The folder.
        folder: PathBuf,
        /// The order that goes into it.
        order: Box<Order>,
    },
    /// A certificate of the account that is in none of the folders.
    Elsewhere {
        /// What the account's list says of it.
        certificate: Box<AccountCertificate>,
        /// Whether it ends within the time that was asked for.
        ends_soon: bool,
    },
}

/// How a certificate stands that is in place.
#[derive(Debug)]
#[non_exhaustive]
pub struct InstalledStanding {
    /// The certificate.
    pub installed: InstalledCertificate,
    /// What the gateway says of it, where it was asked and has it.
    pub there: Option<CertificateThere>,
    /// The order that goes into its folder and is not finished.
    pub order: Option<Order>,
    /// What there is to do.
    pub todo: Todo,
    /// The folder that has the gateway's certificate, where this one has another key: it is ordered for that one.
    pub ordered_in: Option<PathBuf>,
    /// What is served where it is noted to be served, where that was looked at.
    pub served: Vec<Verification>,
}

/// What the gateway says of a certificate.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CertificateThere {
    /// Its serial number, hexadecimal, where the gateway says it.
    pub serial: Option<String>,
    /// Why it is not what came in the place of the certificate in the folder, where it goes by no name of that.
    pub of_another_name: Option<PlanError>,
}

/// What there is to do about a certificate that is in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Todo {
    /// Nothing.
    Nothing,
    /// Which certificate of the account it is is not noted: it is not renewed.
    NotNoted,
    /// The account does not have the certificate that is noted: it is not renewed.
    NotThere,
    /// It is due.
    Due,
    /// An order is carried on with.
    CarryOn,
    /// Its hook is repeated.
    Redeploy,
    /// The key beside it is another one's.
    OtherKey,
    /// Somebody put a certificate with its key in the place of the one that is under care.
    OtherPair,
    /// It was revoked: nobody accepts it any more.
    Revoked,
    /// The account's certificate of the id goes by no name of what is in place: it is another account's. It is not renewed.
    OfAnotherName,
    /// The gateway has another certificate.
    OtherCertificate {
        /// Whether the key of that one is in the folder, as far as the folder has keys at all.
        has_its_key: bool,
    },
}

impl Todo {
    /// Whether an order is due, or under way.
    pub fn is_due(self) -> bool {
        matches!(self, Self::Due | Self::CarryOn)
    }

    /// Whether what is in place is not the gateway's certificate with its key.
    fn is_about_another(self) -> bool {
        matches!(
            self,
            Self::OtherKey | Self::OtherPair | Self::Revoked | Self::OfAnotherName | Self::OtherCertificate { .. }
        )
    }
}

impl Standing {
    /// Whether an order is due, or under way.
    pub fn is_due(&self) -> bool {
        match self {
            Self::Installed(installed) => installed.todo.is_due(),
            Self::Awaited { .. } => true,
            Self::Unreadable { .. } | Self::Elsewhere { .. } => false,
        }
    }

    /// The folder that it is in, or goes into.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Installed(standing) => Some(&standing.installed.folder),
            Self::Unreadable { folder, .. } | Self::Awaited { folder, .. } => Some(folder),
            Self::Elsewhere { .. } => None,
        }
    }
}

/// How the certificates stand that were [found](crate::inventory::find) in these folders and below them; where their account's gateway may be
/// asked, also those of the account that are in none of them. What ends within `renew_before` is due, in place of what is remembered with
/// each. `now` is in seconds since 1970.
///
/// Of many folders, only those are asked for one by one that are due, or that ended at another time or were changed since by the account's
/// list. Where the gateway does not say it, each stands as its folder tells, and why comes with them.
///
/// # Errors
/// The store. What cannot be read of one folder does not hide the others.
pub fn standings(
    mut found: Vec<Found>,
    roots: &[PathBuf],
    asked: Option<(&mut Client, &Journal)>,
    renew_before: Option<Duration>,
    now: i64,
) -> Result<(Vec<Standing>, Option<Error>), Error> {
    let (mut orders, mut account, mut trouble) = (OpenOrders::default(), None, None);
    if let Some((client, journal)) = asked {
        journal.name_gone(&mut found)?;
        orders = OpenOrders::of(journal)?;
        match AskedAccount::of(client, journal, found.len()) {
            Ok(asked) => account = Some(asked),
            Err(why) => trouble = Some(why),
        }
    }
    let (mut standings, mut here) = (Vec::new(), HashSet::new());
    for (folder, found) in found {
        let installed = match found {
            Ok(installed) => installed,
            Err(why) => {
                standings.push(Standing::Unreadable { folder, why });
                continue;
            }
        };
        here.extend(installed.id);
        let order = orders.take_into(&folder);
        let remembered = installed.record.settings.as_ref().and_then(|settings| settings.renew_before);
        let renew_before = renew_before.map(RenewBefore::Time).or(remembered.map(RenewBefore::of_every_run));
        let told = account.as_mut().map(|account| account.tells(&installed, renew_before, now)).transpose();
        let told = told.unwrap_or_else(|why| {
            (account, trouble) = (None, Some(why));
            None
        });
        let standing = of_installed(installed, order, told, renew_before, now);
        standings.push(Standing::Installed(Box::new(standing)));
    }
    note_folders(&mut standings);
    for (folder, order) in orders.into_folders(roots) {
        here.extend(order.order.certificate);
        standings.push(Standing::Awaited { folder, order: Box::new(order) });
    }
    let others = account.into_iter().flat_map(|account| account.listed);
    let is_elsewhere = |certificate: &AccountCertificate| certificate.id.is_some_and(|id| !here.contains(&id));
    standings.extend(others.filter(is_elsewhere).map(|certificate| {
        let soon = |ends| renew_before.unwrap_or(Thresholds::of(certificate.began(), ends).warning);
        let ends_soon = certificate.not_after.is_some_and(|ends| ends_within(ends, soon(ends), now));
        Standing::Elsewhere { certificate: Box::new(certificate), ends_soon }
    }));
    Ok((standings, trouble))
}

/// Looks at each certificate in place where it is noted to be served, and compares. Servers that do not answer are waited for together. `now`
/// is in seconds since 1970.
pub fn look_at_servers(standings: &mut [Standing], now: i64) {
    let looks = together(standings, LOOKS, |standing| match standing {
        Standing::Installed(standing) => look_at(&standing.installed, now),
        _ => Vec::new(),
    });
    for (standing, looks) in standings.iter_mut().zip(looks) {
        if let Standing::Installed(standing) = standing {
            standing.served = looks;
        }
    }
}

/// What is served of a set in place, at each place where it is noted to be served.
pub(super) fn look_at(installed: &InstalledCertificate, now: i64) -> Vec<Verification> {
    let looks = Installation::at(&installed.folder).verify(&installed.record.endpoints(), TIMEOUT, now);
    looks.unwrap_or_default()
}

/// The account's list, and whoever can be asked for more.
struct AskedAccount<'c> {
    client: &'c mut Client,
    journal: &'c Journal,
    reissued: RequiredReissues,
    listed: Vec<AccountCertificate>,
    by_id: HashMap<i64, usize>,
    /// Whether each certificate is asked for by itself.
    asks_each: bool,
}

impl<'c> AskedAccount<'c> {
    fn of(client: &'c mut Client, journal: &'c Journal, folders: usize) -> Result<Self, Error> {
        let (listed, _) = AccountCertificate::all(client)?;
        let by_id = listed.iter().enumerate().filter_map(|(at, row)| Some((row.id?, at))).collect();
        Ok(Self { client, journal, reissued: RequiredReissues::default(), listed, by_id, asks_each: folders <= FEW })
    }

    fn row(&self, id: i64) -> Option<&AccountCertificate> {
        self.listed.get(*self.by_id.get(&id)?)
    }

    /// What it tells of a certificate that is in place.
    fn tells(
        &mut self,
        installed: &InstalledCertificate,
        renew_before: Option<RenewBefore>,
        now: i64,
    ) -> Result<Told, Error> {
        let Some(id) = installed.id else { return Ok(Told::default()) };
        let lifetime = Lifetime::of(installed.not_before, installed.not_after, None);
        if !self.is_asked_for(id, installed, lifetime.ends_soon(renew_before, now)) {
            let there = self.row(id).map(|row| CertificateThere { serial: row.serial.clone(), of_another_name: None });
            return Ok(Told { there, ..Told::default() });
        }
        let Some(whole) = certificate_of(self.client, id)? else { return Ok(Told::default()) };
        let was_required = requires_reissue(&whole) && self.reissued.contains(self.journal, id)?;
        let of_another_name = PlanError::check_in_place(id, &whole, installed).err();
        let there = Some(CertificateThere { serial: whole.serial_number.clone(), of_another_name });
        Ok(Told { there, whole: Some(whole), was_required })
    }

    /// Whether the list is not enough to tell how a certificate stands.
    fn is_asked_for(&self, id: i64, installed: &InstalledCertificate, ends_soon: bool) -> bool {
        self.asks_each || ends_soon || self.row(id).is_none_or(|row| row.may_be_another(installed))
    }
}

/// What an account tells of a certificate that is in place; nothing where it is not known which one it is.
#[derive(Debug, Default)]
struct Told {
    there: Option<CertificateThere>,
    /// The certificate itself, where it was asked for.
    whole: Option<Certificate>,
    /// Whether the gateway asks for a reissue of a certificate that was reissued for that reason.
    was_required: bool,
}

fn of_installed(
    installed: InstalledCertificate,
    order: Option<Order>,
    told: Option<Told>,
    renew_before: Option<RenewBefore>,
    now: i64,
) -> InstalledStanding {
    let is_asked = told.is_some();
    let Told { there, whole, was_required } = told.unwrap_or_default();
    let known = Lifetime::of(installed.not_before, installed.not_after, whole.as_ref()).once_required(was_required);
    let told_revoked = whole.as_ref().is_some_and(|whole| revoked_at(whole, &installed.serial).is_some());
    // What nothing leads to is said by itself.
    let is_undeployed = installed.record.deployment.is_failed() && !installed.is_led_nowhere();
    let is_of_another_name = there.as_ref().is_some_and(|there| there.of_another_name.is_some());
    let todo = match order {
        Some(_) if installed.key_fits != Some(false) => Todo::CarryOn,
        _ if installed.key_fits == Some(false) => match Installation::at(&installed.folder).shows_a_pair() {
            true => Todo::OtherPair,
            false => Todo::OtherKey,
        },
        _ if told_revoked || installed.record.revoked.is_some() => Todo::Revoked,
        // It stays, whatever the gateway has.
        _ if is_undeployed && installed.record.put_back.is_some() => Todo::Redeploy,
        _ if is_another(&installed, there.as_ref()) && is_of_another_name => Todo::OfAnotherName,
        _ if is_another(&installed, there.as_ref()) => {
            let pem = whole.as_ref().and_then(|whole| whole.server.as_deref()).unwrap_or_default();
            let has_its_key = installed.key_fits.is_none() || Installation::at(&installed.folder).has_key_of(pem);
            Todo::OtherCertificate { has_its_key }
        }
        _ if is_asked && installed.id.is_some() && there.is_none() => Todo::NotThere,
        _ if is_undeployed => Todo::Redeploy,
        _ if known.is_due(renew_before, now) => Todo::Due,
        _ if is_asked && installed.id.is_none() => Todo::NotNoted,
        _ => Todo::Nothing,
    };
    InstalledStanding { installed, there, order, todo, ordered_in: None, served: Vec::new() }
}

/// Notes with those whose keys are others than the gateway's certificate has in which folder that is.
fn note_folders(standings: &mut [Standing]) {
    let with_the_gateways = |standing: &Standing| match standing {
        Standing::Installed(standing) if !standing.todo.is_about_another() => {
            Some((standing.installed.id?, standing.installed.folder.clone()))
        }
        _ => None,
    };
    let folders: HashMap<i64, PathBuf> = standings.iter().filter_map(with_the_gateways).collect();
    for standing in standings {
        if let Standing::Installed(standing) = standing
            && matches!(standing.todo, Todo::Revoked | Todo::OtherCertificate { has_its_key: false })
        {
            standing.ordered_in = standing.installed.id.and_then(|id| folders.get(&id).cloned());
        }
    }
}

/// Whether the gateway has another certificate than the one in place.
fn is_another(installed: &InstalledCertificate, there: Option<&CertificateThere>) -> bool {
    let serial = there.and_then(|there| there.serial.as_ref());
    serial.is_some_and(|serial| !is_same_serial(serial, &installed.serial))
}
