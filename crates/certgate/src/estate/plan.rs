//! What is to be done with a certificate: decided from what is known of it, without asking anybody.

mod action;
mod change;
mod lost;
mod reason;
mod which;

use std::path::PathBuf;

use certgate_domain::Certificate;
use certgate_flow::Purpose;
use certgate_store::Order;
use certgate_x509::{X509, is_same_serial};

pub use self::{
    action::{Cost, PlannedAction},
    change::{Change, DeclaredKey},
    reason::{PlanError, PlanReason},
};
use super::term::{Decision, Lifetime, Reason, RenewBefore, decide, otherwise, revoked_at};
use crate::{
    CertificateSelector, CertificateSettings,
    estate::TaskError,
    installation::{CURRENT, Deployment, Faults},
    inventory::{InstalledCertificate, InventoryError},
    selector::is_same_name,
};

/// A certificate under care, with what is known of it.
#[derive(Debug, Default)]
pub struct Subject {
    /// Where it is declared, such as `certificate 3`; none of a folder.
    pub place: Option<String>,
    /// Where the same certificate is declared, too.
    pub declared_in: Option<String>,
    /// How it is ordered, validated and installed.
    pub settings: CertificateSettings,
    /// How long before its end it is due: as this run is asked, else as its settings say.
    pub renew_before: Option<RenewBefore>,
    /// Which certificate of the account it is, where that is declared.
    pub selector: Option<CertificateSelector>,
    /// Its folder.
    pub folder: Option<PathBuf>,
    /// What is in place there.
    pub installed: Option<InstalledCertificate>,
    /// What came of its hook, which was [repeated](super::look_after) before anything else.
    pub redeployed: Option<Deployment>,
    /// What the file of its key or its CSR says, where one is declared, or why that cannot be used.
    pub declared_key: Option<Box<Result<DeclaredKey, TaskError>>>,
    /// Why what is in place cannot be told, or nothing is done with it.
    pub unreadable: Option<InventoryError>,
    /// The store's order of it that is not finished.
    pub open: Option<Order>,
    /// More of its orders that are over or never left, and of which something may be published still.
    pub left: Vec<Order>,
    /// The account's certificates of its name or id, where the account was asked.
    pub listed: Option<Vec<ListedCertificate>>,
    /// When they were asked for, in milliseconds since 1970.
    pub listed_at: Option<i64>,
    /// The certificate as the gateway has it, where that was asked.
    pub certificate: Option<Box<Certificate>>,
    /// Whether the key of that certificate is in the folder.
    pub has_its_key: bool,
    /// Whether servers find another pair there than the one under care, which somebody put there.
    pub shows_a_pair: bool,
    /// Whether the gateway asks for a reissue of a certificate that was reissued for that reason.
    pub was_required: bool,
    /// The other folder here that the same certificate is ordered for: this one gets what is ordered for that.
    pub ordered_in: Option<PathBuf>,
    /// The other machine that orders it: this one fetches what that one ordered.
    pub ordered_by: Option<String>,
}

/// A certificate as the account's list shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedCertificate {
    /// The gateway's id.
    pub id: i64,
    /// When it ends, in seconds since 1970, where the list says it.
    pub not_after: Option<i64>,
}

/// What is to be done with a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// What.
    pub action: PlannedAction,
    /// The gateway's id, where it has one.
    pub certificate: Option<i64>,
    /// Why.
    pub reason: PlanReason,
}

impl Subject {
    /// What it is called: its name, else its folder, else its id.
    pub fn title(&self) -> String {
        let of_folder = || self.folder.as_ref().map(|folder| folder.display().to_string());
        let of_selector = || self.selector.as_ref().map(ToString::to_string);
        self.name().map(str::to_owned).or_else(of_folder).or_else(of_selector).unwrap_or_default()
    }

    /// Its name, as far as it is known.
    pub fn name(&self) -> Option<&str> {
        let installed = self.installed.as_ref().map(|installed| installed.name.as_str());
        let selected = match &self.selector {
            Some(CertificateSelector::Name(name)) => Some(name.as_str()),
            _ => None,
        };
        let of_order = self.open.as_ref().and_then(|order| order.order.name.as_deref());
        let of_gateway = self.certificate.as_ref().and_then(|certificate| certificate.name.as_deref());
        self.settings
            .name
            .as_deref()
            .or(selected)
            .or(installed)
            .or(of_gateway)
            .or(of_order)
            .filter(|name| !name.is_empty())
    }

    /// Whether an order of it may have left.
    pub(crate) fn is_under_way(&self) -> bool {
        self.open.as_ref().is_some_and(|order| order.state.is_under_way())
    }

    /// Whether what is in place says that it ends soon.
    fn ends_soon(&self, now: i64) -> bool {
        self.lifetime(None).is_none_or(|lifetime| lifetime.ends_soon(self.renew_before, now))
    }

    /// The certificate that the gateway is to be asked for before it is known what is to be done; `None` if that is known.
    pub fn is_asked_for(&self, now: i64) -> Option<i64> {
        if self.is_under_way() || self.certificate.is_some() {
            return None;
        }
        if self.unreadable.is_some() {
            return self.lost();
        }
        let id = self.certificate_id().ok()??;
        let Some(installed) = &self.installed else { return Some(id) };
        // A list says days: what is another certificate ends at another time.
        let is_another =
            self.listed.iter().flatten().any(|row| {
                row.id == id && row.not_after.is_some_and(|end| end.abs_diff(installed.not_after) > SAME_END)
            });
        let is_changed =
            self.changed(installed).is_some() || installed.key_fits == Some(false) || !installed.faults.is_empty();
        let is_declared_otherwise = self.selector.is_some()
            && self.settings.name.as_ref().is_some_and(|name| !is_same_name(name, &installed.name));
        let is_unclear = installed.id != Some(id) || is_another || is_changed || is_declared_otherwise;
        (is_unclear || self.ends_soon(now)).then_some(id)
    }

    fn lifetime(&self, certificate: Option<&Certificate>) -> Option<Lifetime> {
        let (not_before, not_after) = match &self.installed {
            Some(installed) => (installed.not_before, installed.not_after),
            None => {
                let server = certificate.and_then(|there| X509::from_pem(there.server.as_deref()?).ok());
                let told = || certificate?.ends().map(|end| (end, end));
                server.map(|server| (server.not_before, server.not_after)).or_else(told)?
            }
        };
        let in_place = self.installed.as_ref().zip(certificate);
        let is_noted = |one: &InstalledCertificate| one.is_led_nowhere() && one.record.revoked.is_some();
        let is_revoked = in_place.is_some_and(|(installed, there)| revoked_at(there, &installed.serial).is_some())
            || self.installed.as_ref().is_some_and(is_noted);
        Some(Lifetime { is_revoked, ..self.lasting(not_before, not_after, certificate) })
    }

    fn lasting(&self, not_before: i64, not_after: i64, certificate: Option<&Certificate>) -> Lifetime {
        Lifetime::of(not_before, not_after, certificate).once_required(self.was_required)
    }

    /// Whether servers find a pair there that somebody put in place of the one under care, and that lasts longer than the gateway's.
    fn shows_a_longer_pair(&self) -> bool {
        let (Some(installed), Some(there)) = (&self.installed, &self.certificate) else { return false };
        let ends = there.server.as_deref().and_then(|server| Some(X509::from_pem(server).ok()?.not_after));
        self.shows_a_pair && installed.key_fits == Some(false) && ends.is_some_and(|ends| ends <= installed.not_after)
    }

    /// The serial number of a certificate that the gateway issued after the one in place, or that is in force in its place, that can be put in place, and is not due itself.
    fn later_one(&self, now: i64) -> Option<&str> {
        let (installed, there) = (self.installed.as_ref()?, self.certificate.as_deref()?);
        let serial = there.serial_number.as_deref()?;
        let server = X509::from_pem(there.server.as_deref()?).ok()?;
        let can_be_used = self.has_its_key || installed.key_fits.is_none();
        let is_later = server.not_before > installed.not_before || revoked_at(there, &installed.serial).is_some();
        let is_another = !is_same_serial(serial, &installed.serial);
        let is_due = self.lasting(server.not_before, server.not_after, Some(there)).is_due(self.renew_before, now);
        (can_be_used && is_another && is_later && !is_due && !self.shows_a_longer_pair()).then_some(serial)
    }
}

/// So far apart may be the end of a certificate and what a list says of it, in seconds: time zones.
pub(crate) const SAME_END: u64 = 86_400;

/// Decides what is to be done with a certificate now, in seconds since 1970.
///
/// # Errors
/// It cannot be said: see [`PlanError`].
pub fn plan(subject: &Subject, now: i64) -> Result<Planned, PlanError> {
    let planned = |action, certificate, reason| Ok(Planned { action, certificate, reason });
    if let Some(host) = &subject.ordered_by {
        let reason = PlanReason::OrderedBy { host: host.clone() };
        return Ok(plan_fetched(subject, subject.certificate_id()?, reason, now));
    }
    if let Some(folder) = &subject.ordered_in {
        let id = subject.certificate_id()?;
        let fetched = plan_fetched(subject, id, PlanReason::OrderedIn { folder: folder.clone() }, now);
        let has_key = subject.installed.as_ref().is_some_and(|installed| installed.key_fits.is_some());
        return match id {
            Some(id) if fetched.action == PlannedAction::Install && has_key && !subject.has_its_key => {
                if !subject.ends_soon(now) {
                    return Ok(Planned { action: PlannedAction::Nothing, ..fetched });
                }
                Err(PlanError::OtherKey { id, folder: folder.clone() })
            }
            _ => Ok(fetched),
        };
    }
    if let Some(order) = &subject.open {
        let id = order.order.id.clone();
        let is_open = subject.is_under_way();
        let reason = if is_open { PlanReason::Open { order: id } } else { PlanReason::NeverLeft { order: id } };
        return planned(PlannedAction::Resume, order.order.certificate, reason);
    }
    if let Some(place) = &subject.declared_in {
        return Err(PlanError::DeclaredTwice { place: place.clone() });
    }
    let is_led_nowhere = subject.installed.as_ref().is_some_and(InstalledCertificate::is_led_nowhere);
    if let (true, Err(PlanError::NotNoted { .. })) = (is_led_nowhere, subject.certificate_id()) {
        return planned(PlannedAction::Redeploy, None, PlanReason::Faults(Faults::of_missing(vec![CURRENT])));
    }
    let Some(id) = subject.certificate_id()? else {
        let missing = subject.settings.missing_for_new();
        if !missing.is_empty() {
            return Err(PlanError::Missing(missing));
        }
        return planned(PlannedAction::Create, None, PlanReason::NotThere);
    };
    let planned = plan_known(subject, id, now)?;
    // What is in place is looked after all the same.
    let is_order = matches!(planned.action, PlannedAction::Nothing | PlannedAction::Reissue | PlannedAction::Renew);
    let product = subject.certificate.as_ref().and_then(|there| there.product.as_ref());
    match (&subject.settings.product, product) {
        (Some(declared), Some(product)) if is_order && !declared.eq_ignore_ascii_case(product) => {
            Err(PlanError::OtherProduct { id, product: product.clone(), declared: declared.clone() })
        }
        _ => Ok(planned),
    }
}

/// What is to be done with a certificate of the account that this machine orders.
fn plan_known(subject: &Subject, id: i64, now: i64) -> Result<Planned, PlanError> {
    let planned = |action, certificate, reason| Ok(Planned { action, certificate, reason });
    let there = subject.certificate.as_deref();
    let lifetime = subject.lifetime(there);
    let Some(installed) = &subject.installed else {
        // Its key is somewhere else, or nowhere: within the term another one costs nothing.
        let is_wanted = subject.folder.is_some();
        let decision = lifetime.map(|lifetime| {
            decide(
                &Lifetime { reissue_required: lifetime.reissue_required || is_wanted, ..lifetime },
                subject.renew_before,
                now,
            )
        });
        return match decision {
            Some(decision @ Decision::Renew(_)) => planned(PlannedAction::Renew, Some(id), PlanReason::Term(decision)),
            _ if is_wanted => planned(PlannedAction::Reissue, Some(id), PlanReason::NothingInPlace),
            Some(decision) => planned(action_of(decision), Some(id), PlanReason::Term(decision)),
            None => planned(PlannedAction::Reissue, Some(id), PlanReason::NothingInPlace),
        };
    };
    let serial = there.and_then(|there| there.serial_number.as_deref());
    let is_the_same = serial.map(|serial| is_same_serial(serial, &installed.serial));
    if let Some(there) = there.filter(|_| installed.id.is_some() && is_the_same != Some(true)) {
        PlanError::check_in_place(id, there, installed)?;
    }
    let install = |serial: &str| {
        let change = there.map(|there| subject.unlike_declared(there)).unwrap_or_default();
        if !change.settings.is_empty() {
            return planned(PlannedAction::Reissue, Some(id), PlanReason::Changed(change));
        }
        let names = there.map(|there| subject.left_out_of(there, now)).unwrap_or_default();
        match names.is_empty() {
            true => planned(PlannedAction::Install, Some(id), PlanReason::LaterOne { serial: serial.to_owned() }),
            // In place, it would take names away that somebody relies on.
            false => planned(PlannedAction::Reissue, Some(id), PlanReason::LeftOut { names }),
        }
    };
    let decision = lifetime.map(|lifetime| decide(&lifetime, subject.renew_before, now));
    let is_due = decision.is_some_and(|decision| action_of(decision) != PlannedAction::Nothing);
    let put_back = installed.record.put_back.filter(|_| !is_due);
    if let (Some(serial), Some(_), None) = (subject.later_one(now), installed.id, put_back) {
        return install(serial);
    }
    if let Some(decision) = decision
        && is_due
    {
        return planned(action_of(decision), Some(id), PlanReason::Term(decision));
    }
    if let (Some(false), Some(serial)) = (is_the_same, serial) {
        let is_whole = installed.faults.is_empty() && installed.key_fits != Some(false);
        if let Some(at) = put_back.filter(|_| is_whole && !installed.record.deployment.is_failed()) {
            return planned(PlannedAction::Nothing, Some(id), PlanReason::PutBack { at, serial: serial.to_owned() });
        }
        if subject.has_its_key && put_back.is_none() && !subject.shows_a_longer_pair() {
            return install(serial);
        }
        if installed.id != Some(id) {
            there.map_or(Ok(()), |there| PlanError::check_in_place(id, there, installed))?;
            return Err(PlanError::OtherCertificate { id, settings: subject.own_settings() });
        }
    }
    if installed.id.is_none() {
        return planned(PlannedAction::Adopt, Some(id), PlanReason::NotNoted);
    }
    if installed.is_led_nowhere() {
        return planned(PlannedAction::Redeploy, Some(id), PlanReason::Faults(installed.faults.clone()));
    }
    // A hook fails for what is damaged until that is put right.
    if is_the_same.is_some() && installed.key_fits == Some(false) {
        if is_the_same == Some(true) && subject.has_its_key {
            return planned(PlannedAction::Install, Some(id), PlanReason::KeyNotInPlace);
        }
        if !subject.shows_a_pair {
            return planned(PlannedAction::Reissue, Some(id), PlanReason::KeyDamaged);
        }
    }
    // Where the gateway has another one by now, whose key is not here or which was taken back, none is there to put them right with.
    let is_mendable = is_the_same == Some(true)
        || is_the_same == Some(false) && installed.key_fits.is_some() && !subject.shows_a_longer_pair();
    if is_mendable && !installed.faults.is_empty() {
        let is_lost = is_the_same == Some(false) || installed.has_lost_its_key();
        let action = if is_lost { PlannedAction::Reissue } else { PlannedAction::Install };
        return planned(action, Some(id), PlanReason::Faults(installed.faults.clone()));
    }
    if installed.record.deployment.is_failed() {
        return planned(PlannedAction::Redeploy, Some(id), PlanReason::NotDeployed);
    }
    // What takes no order is put in place with what is there, and not with what somebody else has the key of.
    let is_possible = |(action, _): &(PlannedAction, _)| *action == PlannedAction::Reissue || is_the_same == Some(true);
    if let Some((action, change)) = subject.changed(installed).filter(is_possible) {
        return planned(action, Some(id), PlanReason::Changed(change));
    }
    let is_served = subject.settings.verify.as_ref().is_some_and(|endpoints| !endpoints.is_empty());
    if is_served && subject.selector.is_some() {
        return planned(PlannedAction::Verify, Some(id), PlanReason::Served);
    }
    if subject.was_required {
        return planned(PlannedAction::Nothing, Some(id), PlanReason::StillRequired);
    }
    let due = decision.unwrap_or(Decision::Nothing { due: installed.not_after });
    planned(PlannedAction::Nothing, Some(id), PlanReason::Term(due))
}

/// What is to be done with a certificate that another machine orders.
fn plan_fetched(subject: &Subject, certificate: Option<i64>, reason: PlanReason, now: i64) -> Planned {
    let planned = |action, reason| Planned { action, certificate, reason };
    let there = subject.certificate.as_deref().filter(|there| there.server.is_some());
    let Some(installed) = &subject.installed else {
        let action = if there.is_some() { PlannedAction::Install } else { PlannedAction::Nothing };
        return planned(action, reason);
    };
    let serial = there.and_then(|there| there.serial_number.as_deref());
    let is_in_place = serial.map(|serial| is_same_serial(serial, &installed.serial));
    let is_later = is_in_place == Some(false) && (installed.record.put_back.is_none() || subject.ends_soon(now));
    let lacking = there.filter(|_| is_later && !subject.ends_soon(now));
    let names = lacking.map(|there| subject.left_out_of(there, now)).unwrap_or_default();
    if is_later && names.is_empty() {
        return planned(PlannedAction::Install, reason);
    }
    if is_in_place == Some(true) && !installed.faults.is_empty() && !installed.is_led_nowhere() {
        return planned(PlannedAction::Install, PlanReason::Faults(installed.faults.clone()));
    }
    let reason = if names.is_empty() { reason } else { PlanReason::Lacks { names } };
    if installed.record.deployment.is_failed() {
        return planned(PlannedAction::Redeploy, reason);
    }
    // What takes another certificate is that other machine's to do.
    if let (Some(true), Some((PlannedAction::Install, change))) = (is_in_place, subject.changed(installed)) {
        return planned(PlannedAction::Install, PlanReason::Changed(change));
    }
    let is_served = subject.settings.verify.as_ref().is_some_and(|endpoints| !endpoints.is_empty());
    planned(if is_served { PlannedAction::Verify } else { PlannedAction::Nothing }, reason)
}

fn action_of(decision: Decision) -> PlannedAction {
    match decision {
        Decision::Nothing { .. } | Decision::TooEarly { .. } => PlannedAction::Nothing,
        Decision::Reissue(_) => PlannedAction::Reissue,
        Decision::Renew(_) => PlannedAction::Renew,
    }
}

impl Planned {
    /// What is done in place of it where the gateway refuses it as [too early](crate::RefusalReason::TooEarlyToRenew).
    pub fn otherwise(&self) -> Option<Self> {
        let PlanReason::Term(decision) = self.reason else { return None };
        let decision = otherwise(decision)?;
        let (action, reason) = (action_of(decision), PlanReason::Term(decision));
        Some(Self { action, certificate: self.certificate, reason })
    }

    /// Whether it is done since the gateway asks for a reissue.
    pub(super) fn is_required(&self) -> bool {
        self.reason == PlanReason::Term(Decision::Reissue(Reason::Required))
    }

    /// What is ordered; `None` if nothing is.
    pub fn purpose(&self) -> Option<Purpose> {
        match (self.action, self.certificate) {
            (PlannedAction::Create, _) => Some(Purpose::Create),
            (PlannedAction::Reissue, Some(id)) => Some(Purpose::Reissue(id)),
            (PlannedAction::Renew, Some(id)) => Some(Purpose::Renew(id)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
