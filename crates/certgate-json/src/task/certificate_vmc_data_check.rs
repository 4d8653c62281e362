//! Checks the data of a verified mark certificate.

use certgate_domain::{AnyData, AnyTask, task::CertificateVmcDataCheck};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::vmc_check_data, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    let check = given.body.map(vmc_check_data::read).transpose()?.unwrap_or_default();
    Ok(CertificateVmcDataCheck { check }.into())
}

pub(crate) fn write(task: &CertificateVmcDataCheck, fields: &mut Fields) {
    let CertificateVmcDataCheck { check } = task;
    vmc_check_data::write(check, fields);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    vmc_check_data::read(object).map(AnyData::from)
}
