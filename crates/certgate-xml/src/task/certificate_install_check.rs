//! 4001013 CertificateInstallCheck, derived from the JSON API and the names around it.

use certgate_domain::{AnyData, task::CertificateInstallCheck};
use certgate_wire::DecodeError;

use super::any;
use crate::{element::Element, out::Out, record::install_check};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<CertificateInstallCheck, DecodeError> {
    let wrapped = e.record("certificate_install_check_request", |e| e.text("hostname"))?.flatten();
    Ok(CertificateInstallCheck { hostname: wrapped.or(e.text("hostname")?) })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &CertificateInstallCheck) {
    let CertificateInstallCheck { hostname } = task;
    out.element("certificate_install_check_request", |out| out.text("hostname", hostname.as_deref()));
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(e.records("certificate_install_check_result", install_check::read)?))
}
