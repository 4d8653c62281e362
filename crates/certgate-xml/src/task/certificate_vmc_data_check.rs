//! 4001015 CertificateVmcDataCheck, derived from the JSON API and the names around it.

use certgate_domain::{AnyData, task::CertificateVmcDataCheck};
use certgate_wire::DecodeError;

use super::any;
use crate::{element::Element, out::Out, record::vmc_check_data};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<CertificateVmcDataCheck, DecodeError> {
    Ok(CertificateVmcDataCheck { check: e.record("vmc_check_data", vmc_check_data::read)?.unwrap_or_default() })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &CertificateVmcDataCheck) {
    let CertificateVmcDataCheck { check } = task;
    out.element("vmc_check_data", |out| vmc_check_data::write(out, check));
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(e.records("vmc_check_data", vmc_check_data::read)?))
}
