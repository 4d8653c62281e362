//! How each certificate stands: what is in place in folders here, what the account has, and what there is to do about it.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    time::Duration,
};

use certgate_domain::Certificate;
use certgate_store::Order;
use certgate_x509::is_same_serial;

use crate::{
    Client, Error, Installation, Journal, certificate_of,
    estate::{
        FEW, SAME_END,
        account::AccountCertificate,
        term::{Lifetime, RenewBefore},
    },
    inventory::{InstalledCertificate, InventoryError, ends_within, find, is_in, whole},
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
}

/// What the gateway says of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateThere {
    /// Its serial number, hexadecimal, where the gateway says it.
    pub serial: Option<String>,
}

/// What there is to do about a certificate that is in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Todo {
    /// Nothing.
    Nothing,
    /// Nothing; which certificate of the account it is was not noted.
    NotNoted,
    /// It is due.
    Due,
    /// An order is carried on with.
    CarryOn,
    /// Its hook is repeated.
    Redeploy,
    /// The key beside it is another one's.
    OtherKey,
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

    /// Whether what is in place is not what it should be, or not known where it is used.
    pub fn is_wrong(self) -> bool {
        matches!(self, Self::Redeploy | Self::OtherKey | Self::OtherCertificate { .. })
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

    /// Whether what is in place is not what it should be.
    pub fn is_wrong(&self) -> bool {
        matches!(self, Self::Installed(installed) if installed.todo.is_wrong())
    }
}

/// What ends sooner and is not here should be seen to: a list does not say how long it lasts in all.
const SOON: Duration = Duration::from_secs(30 * 86_400);

/// What is changed in the account later than this after its certificate began may be another one: of the same term, it ends when
/// the one before ended.
const A_DAY: i64 = 86_400;

/// How the certificates stand that are in these folders and below them; where the gateway may be asked, also those of the
/// account that are in none of them. What ends within `renew_before` is due, in place of what is remembered with each. `now` is in
/// seconds since 1970.
///
/// Of many folders, only those are asked for one by one that are due, or that ended at another time or were changed since by the account's
/// list.
///
/// # Errors
/// The gateway or the store. What cannot be read of one folder does not hide the others.
pub fn standings(
    roots: &[PathBuf],
    asked: Option<(&mut Client, &Journal)>,
    renew_before: Option<Duration>,
    now: i64,
) -> Result<Vec<Standing>, Error> {
    let found = find(roots, now);
    let mut orders = match &asked {
        Some((_, journal)) => under_way(journal, roots)?,
        None => Vec::new(),
    };
    let mut account = asked.map(|(client, journal)| AskedAccount::of(client, journal, found.len())).transpose()?;
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
        let order = take(&mut orders, &folder);
        let renew_before = renew_before.map(RenewBefore::Time);
        standings.push(Standing::Installed(Box::new(of_installed(installed, order, &mut account, renew_before, now)?)));
    }
    for (folder, order) in orders {
        here.extend(order.order.certificate);
        standings.push(Standing::Awaited { folder, order: Box::new(order) });
    }
    let others = account.into_iter().flat_map(|account| account.listed);
    let is_elsewhere = |certificate: &AccountCertificate| certificate.id.is_some_and(|id| !here.contains(&id));
    standings.extend(others.filter(is_elsewhere).map(|certificate| {
        let ends_soon = certificate.not_after.is_some_and(|ends| ends_within(ends, renew_before.unwrap_or(SOON), now));
        Standing::Elsewhere { certificate: Box::new(certificate), ends_soon }
    }));
    Ok(standings)
}

/// This machine's orders with something left to do whose certificates go into these folders, or into folders below them.
fn under_way(journal: &Journal, roots: &[PathBuf]) -> Result<Vec<(PathBuf, Order)>, Error> {
    let into = |order: Order| {
        let folder = whole(&order.order.resume.install.as_ref()?.folder);
        is_in(&folder, roots).then_some((folder, order))
    };
    Ok(journal.unfinished_here()?.into_iter().filter_map(into).collect())
}

/// Takes the order out that goes into that folder.
fn take(orders: &mut Vec<(PathBuf, Order)>, folder: &Path) -> Option<Order> {
    if orders.is_empty() {
        return None;
    }
    let folder = whole(folder);
    let at = orders.iter().position(|(out, _)| *out == folder)?;
    Some(orders.remove(at).1)
}

/// The account's list, and whoever can be asked for more.
struct AskedAccount<'c> {
    client: &'c mut Client,
    journal: &'c Journal,
    listed: Vec<AccountCertificate>,
    by_id: HashMap<i64, usize>,
    /// Whether each certificate is asked for by itself.
    asks_each: bool,
}

impl<'c> AskedAccount<'c> {
    fn of(client: &'c mut Client, journal: &'c Journal, folders: usize) -> Result<Self, Error> {
        let (listed, _) = AccountCertificate::all(client)?;
        let by_id = listed.iter().enumerate().filter_map(|(at, row)| Some((row.id?, at))).collect();
        Ok(Self { client, journal, listed, by_id, asks_each: folders <= FEW })
    }

    fn row(&self, id: i64) -> Option<&AccountCertificate> {
        self.listed.get(*self.by_id.get(&id)?)
    }

    /// Whether the list is not enough to tell how a certificate stands.
    fn is_asked_for(&self, id: i64, installed: &InstalledCertificate, ends_soon: bool) -> bool {
        let is_another = |row: &AccountCertificate| {
            row.not_after.is_none_or(|end| end.abs_diff(installed.not_after) > SAME_END)
                || row.updated.is_some_and(|updated| updated > installed.not_before.saturating_add(A_DAY))
                || row.serial.as_ref().is_some_and(|serial| !is_same_serial(serial, &installed.serial))
        };
        self.asks_each || ends_soon || self.row(id).is_none_or(is_another)
    }
}

fn of_installed(
    installed: InstalledCertificate,
    order: Option<Order>,
    account: &mut Option<AskedAccount<'_>>,
    asked: Option<RenewBefore>,
    now: i64,
) -> Result<InstalledStanding, Error> {
    let remembered = installed.record.settings.as_ref().and_then(|settings| settings.renew_before);
    let renew_before = asked.or(remembered.map(RenewBefore::of_every_run));
    let lifetime = |there: Option<&Certificate>| Lifetime::of(installed.not_before, installed.not_after, there);
    let (mut asked_for, mut there, mut was_required) = (None, None, false);
    if let (Some(account), Some(id)) = (account.as_mut(), installed.id) {
        if account.is_asked_for(id, &installed, lifetime(None).ends_soon(renew_before, now)) {
            asked_for = certificate_of(account.client, id)?;
            was_required = lifetime(asked_for.as_ref()).reissue_required && account.journal.was_required(id)?;
            there = asked_for.as_ref().map(|whole| CertificateThere { serial: whole.serial_number.clone() });
        } else {
            there = account.row(id).map(|row| CertificateThere { serial: row.serial.clone() });
        }
    }
    let known = lifetime(asked_for.as_ref());
    let known = Lifetime { reissue_required: known.reissue_required && !was_required, ..known };
    let todo = match order {
        Some(_) if installed.key_fits != Some(false) => Todo::CarryOn,
        _ if installed.key_fits == Some(false) => Todo::OtherKey,
        _ if is_another(&installed, there.as_ref()) => {
            let pem = asked_for.as_ref().and_then(|whole| whole.server.as_deref()).unwrap_or_default();
            let has_its_key = installed.key_fits.is_none() || Installation::at(&installed.folder).has_key_of(pem);
            Todo::OtherCertificate { has_its_key }
        }
        _ if installed.record.deployment.is_failed() => Todo::Redeploy,
        _ if known.is_due(renew_before, now) => Todo::Due,
        _ if account.is_some() && installed.id.is_none() => Todo::NotNoted,
        _ => Todo::Nothing,
    };
    Ok(InstalledStanding { installed, there, order, todo })
}

/// Whether the gateway has another certificate than the one in place.
fn is_another(installed: &InstalledCertificate, there: Option<&CertificateThere>) -> bool {
    let serial = there.and_then(|there| there.serial.as_ref());
    serial.is_some_and(|serial| !is_same_serial(serial, &installed.serial))
}
