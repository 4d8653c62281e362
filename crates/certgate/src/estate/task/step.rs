//! What a plan comes to.

use std::path::PathBuf;

use certgate_flow::Purpose;
use certgate_store::{InstallOptions, Order};

use super::{Step, TaskError};
use crate::{
    CertificateSelector, Error, Installation, KeySource, OrderRequest, PreparationError,
    estate::plan::{PlanReason, Planned, PlannedAction, Subject},
    inventory::{InstalledCertificate, whole},
};

impl Step {
    /// Carries on with an order for what a file says, which may name another folder by now: its key is where it was ordered into.
    pub(crate) fn carrying_on(order: &Order, install: Option<InstallOptions>) -> Self {
        let into = order.order.resume.install.as_ref().map(|into| &into.folder);
        let install = install.filter(|install| into.is_none_or(|into| whole(into) == whole(&install.folder)));
        Self::Resume { order: Box::new(order.clone()), install }
    }
}

/// What is to be done with a certificate, as it was planned.
pub(super) fn step(subject: &Subject, planned: &Planned, now: i64) -> Result<Step, TaskError> {
    let installed_into = |folder: &PathBuf| subject.settings.installed_into(folder);
    let install = subject.folder.as_ref().map(installed_into).transpose()?;
    if let (PlannedAction::Resume, Some(order)) = (planned.action, &subject.open) {
        return Ok(Step::carrying_on(order, install));
    }
    if let (PlannedAction::Redeploy, Some(deployment)) = (planned.action, &subject.redeployed) {
        return Ok(Step::Redeployed(deployment.clone()));
    }
    if let (PlannedAction::Redeploy, Some(place)) = (planned.action, subject.in_place()) {
        return Ok(Step::Deploy(Box::new(place.at_time(now))));
    }
    let installation = install.clone().map(Installation::new);
    match (planned.action, planned.certificate, installation, &subject.installed) {
        (PlannedAction::Verify, ..) => return Ok(Step::Verify),
        (PlannedAction::Install, Some(certificate), installation, _) => {
            let checked = installation.map_or(Ok(()), |installation| installation.check_unwritten());
            checked.map_err(|why| Error::from(PreparationError::from(why)))?;
            // What its next order could not be placed with is said when it is declared, not when that is due.
            if matches!(planned.reason, PlanReason::Changed { .. }) {
                check(subject, &request(subject, Purpose::Reissue(certificate))?)?;
            }
            return Ok(Step::Fetch { certificate, csr: None, install });
        }
        (PlannedAction::Adopt, Some(certificate), Some(installation), Some(installed)) => {
            let (name, serial) = (installed.name.clone(), installed.serial.clone());
            let installation = Box::new(installation.at_time(now));
            return Ok(Step::Adopt { installation, name, serial, certificate });
        }
        _ => {}
    }
    let Some(purpose) = planned.purpose() else { return Ok(Step::Nothing) };
    let known = subject.certificate.clone();
    let mut request = request(subject, purpose)?;
    (request.known_as, request.names_by) = (subject.known_as(), subject.names_by());
    check(subject, &request)?;
    known.as_ref().map_or(Ok(()), |known| request.check_unattended(known)).map_err(Error::from)?;
    Ok(Step::Place { request: Box::new(request), known, batch: None })
}

/// Finds what a run would find before its order, so that a plan says it, too.
fn check(subject: &Subject, request: &OrderRequest) -> Result<(), TaskError> {
    request.check_unwritten().map_err(Error::from)?;
    if let Some(known) = &subject.certificate {
        request.check_in_place(known).map_err(Error::from)?;
        request.check_method(known).map_err(Error::from)?;
    }
    Ok(())
}

/// The order for a certificate under care: with a new key of the same kind, or with the key that is somewhere else.
fn request(subject: &Subject, purpose: Purpose) -> Result<OrderRequest, TaskError> {
    let mut settings = subject.settings.clone();
    settings.out.clone_from(&subject.folder);
    if let (Purpose::Create, Some(CertificateSelector::Name(name))) = (purpose, &subject.selector) {
        settings.name.get_or_insert_with(|| name.clone());
    }
    // It keeps its own, by whichever of its names it is declared or in place.
    let own = subject.certificate.as_ref().and_then(|there| there.name.as_ref());
    if let (Some(declared), Some(own)) = (&mut settings.name, own) {
        declared.clone_from(own);
    }
    if settings.csr.is_some() || settings.key.is_some() {
        return Ok(settings.request(purpose)?);
    }
    let installed = subject.installed.as_ref();
    let default = settings.key_type.take().or(installed.map(|installed| installed.key_type)).unwrap_or_default();
    let has_key = |there: &InstalledCertificate| there.key_fits.is_some() || there.has_lost_its_key();
    let has_key_here = subject.folder.is_some() && installed.is_none_or(has_key);
    if has_key_here {
        settings.new_key = Some(true);
        let mut request = settings.request(purpose)?;
        request.key = Some(KeySource::New { key_type: Some(default), default });
        return Ok(request);
    }
    // The key is somewhere else, and only with that one its holder can use the certificate.
    settings.names = None;
    let csr = subject.certificate.as_ref().and_then(|certificate| certificate.csr.as_deref());
    let csr = csr
        .map(certgate_x509::CertificateRequest::from_pem)
        .transpose()
        .map_err(|why| Error::from(PreparationError::Csr(why)))?;
    Ok(settings.request_with(purpose, csr.map(|csr| (csr.as_sent(), csr)))?)
}
