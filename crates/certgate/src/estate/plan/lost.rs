//! A certificate that nothing in its folder shows any more, and that is noted there.

use certgate_x509::X509;

use super::{PlanReason, Planned, PlannedAction, Subject};
use crate::{
    CertificateSelector, Installation,
    installation::{CERTIFICATE, FULL_CHAIN, Faults},
    inventory::InventoryError,
    order::is_among,
};

impl Subject {
    /// Which certificate of the account it is whose files are gone or damaged; `None` if they are not, or that is not known for certain.
    pub(super) fn lost(&self) -> Option<i64> {
        let Some(InventoryError::CertificateLost { certificate, is_key_gone: false, .. }) = &self.unreadable else {
            return None;
        };
        let noted = match certificate {
            Some(CertificateSelector::Id(id)) => Some(*id),
            _ => None,
        };
        if self.selector.is_none() {
            return noted;
        }
        self.certificate_id().ok()?.filter(|id| noted.is_none_or(|noted| noted == *id))
    }

    /// What puts it in place again where its key is there: that tells which certificate it is, whatever else is lost.
    pub(crate) fn put_again(&self) -> Option<Planned> {
        let (certificate, InventoryError::CertificateLost { damage, .. }) = (self.lost()?, self.unreadable.as_ref()?)
        else {
            return None;
        };
        let files = vec![CERTIFICATE, FULL_CHAIN];
        let faults = match damage {
            Some(_) => Faults { missing: Vec::new(), damaged: files },
            None => Faults::of_missing(files),
        };
        // In place, it would take names away that somebody relies on.
        let issued = X509::from_pem(self.certificate.as_ref()?.server.as_deref()?).ok()?;
        let hosts: Vec<String> = issued.hosts().collect();
        let relied_on = self.settings.names.iter().flatten();
        let names: Vec<String> = relied_on.filter(|name| !is_among(name, &hosts)).cloned().collect();
        let (action, reason) = match names.is_empty() {
            true => (PlannedAction::Install, PlanReason::Faults(faults)),
            false => (PlannedAction::Reissue, PlanReason::LeftOut { names }),
        };
        self.has_its_key.then_some(Planned { action, certificate: Some(certificate), reason })
    }

    /// Why it cannot be told of, with what is known of its key since the gateway showed its certificate.
    pub(crate) fn without_its_key(&self, mut why: InventoryError) -> InventoryError {
        if let InventoryError::CertificateLost { folder, is_key_gone, .. } = &mut why {
            let has_keys = Installation::at(folder).set().is_some();
            *is_key_gone |= has_keys && self.certificate.is_some() && !self.has_its_key;
        }
        why
    }
}
