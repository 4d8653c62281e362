//! Checking an issued certificate, and putting it in place.

use certgate_domain::{Certificate, TaskKind};
use certgate_store::InstallOptions;
use certgate_x509::{CertificateRequest, Check, Issued, X509, is_same_serial};

use crate::{
    Issuance, Outcome,
    installation::{HookTime, Installation},
};

/// What is needed to check a certificate and to put it in place.
pub(crate) struct Completion {
    /// The CSR's facts.
    pub(crate) request: Option<CertificateRequest>,
    /// The name that the certificate is to have.
    pub(crate) name: Option<String>,
    /// The gateway's id of the certificate that was ordered for.
    pub(crate) certificate: Option<i64>,
    /// The serial number of the certificate before the order.
    pub(crate) serial_before: Option<String>,
    /// Where it goes.
    pub(crate) install: Option<InstallOptions>,
    /// Whether a demo certificate would be a mistake.
    pub(crate) no_demo: bool,
    /// Whether a demo certificate was asked for.
    pub(crate) demo: bool,
    /// The time, in seconds since 1970.
    pub(crate) now: i64,
    /// When the hook runs.
    pub(crate) hook_time: HookTime,
}

impl Completion {
    /// Checks the certificate; one that passes is put in place.
    pub(crate) fn complete(&self, certificate: Certificate) -> Outcome {
        // A wait for a certificate knows the CSR's key: it is how the certificate was found.
        match self.request {
            Some(_) => self.finish(certificate),
            None => Outcome::ProtocolViolation(TaskKind::CertificateInfo),
        }
    }

    /// Whether a certificate is surely another one's: it has another key, and is not the one from before the order.
    pub(crate) fn is_of_another(&self, certificate: &Certificate) -> bool {
        let shown = certificate.server.as_deref().and_then(|pem| X509::from_pem(pem).ok());
        let Some((request, shown)) = self.request.as_ref().zip(shown) else { return false };
        let is_from_before = self.serial_before.as_deref().is_some_and(|before| is_same_serial(&shown.serial, before));
        request.key.spki != shown.key.spki && !is_from_before
    }

    /// The same for a certificate whose CSR need not be known.
    pub(crate) fn finish(&self, certificate: Certificate) -> Outcome {
        let (checks, issued) = self.check(&certificate);
        let mut issuance = Box::new(Issuance { certificate, checks, installed: None });
        let (Some(issued), true) = (issued, issuance.checks.iter().all(|check| check.ok)) else {
            return Outcome::CheckFailed(issuance);
        };
        let Some(install) = &self.install else { return Outcome::Issued(issuance) };
        let name = self.name.as_deref().or(issuance.certificate.name.as_deref());
        let asked = self.request.as_ref().and_then(|request| request.common_name.as_deref());
        let name = name.or(asked).unwrap_or_default();
        let id = issuance.certificate.id.or(self.certificate);
        match Installation::new(install.clone()).at_time(self.now).install(&issued, name, id, self.hook_time) {
            Ok(installed) => {
                issuance.installed = Some(installed);
                Outcome::Issued(issuance)
            }
            Err(error) => Outcome::NotInstalled(issuance, error),
        }
    }

    /// Every check, and the certificate with its chain where it can be read.
    fn check(&self, certificate: &Certificate) -> (Vec<Check>, Option<Issued>) {
        let authorities = authorities(certificate);
        let pem = certificate.server.as_deref().unwrap_or_default();
        let name = self.name.as_deref().or(certificate.name.as_deref());
        let (mut checks, issued) = certgate_x509::check(self.request.as_ref(), name, pem, &authorities, self.now);
        if let (Some(before), Some(issued)) = (self.serial_before.as_deref(), &issued) {
            let ok = !is_same_serial(&issued.certificate.serial, before);
            let detail = if ok {
                format!("not {before}, the one before")
            } else {
                "it is the certificate from before the order".to_owned()
            };
            checks.push(Check::of("serial", ok, detail));
        }
        if self.no_demo {
            let product = certificate.product.as_deref().unwrap_or_default();
            let ok = !self.demo && !product.to_ascii_uppercase().starts_with("DEMO");
            let detail =
                if ok { "no demo certificate" } else { "a demo certificate, and the profile is not the demo system's" };
            checks.push(Check::of("live", ok, detail));
        }
        (checks, issued)
    }
}

/// The certificates of the authorities that the gateway gives with a certificate.
pub(crate) fn authorities(certificate: &Certificate) -> Vec<String> {
    let given = certificate.certification_authority.iter();
    given.filter_map(|authority| authority.ca_certificate.clone()).collect()
}
