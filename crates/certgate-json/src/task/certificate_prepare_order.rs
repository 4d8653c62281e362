//! Checks a CSR.

use certgate_domain::{AnyData, AnyTask, task::CertificatePrepareOrder};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::certificate_data, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    let request = given.body.map(certificate_data::read).transpose()?.unwrap_or_default();
    Ok(CertificatePrepareOrder { request }.into())
}

pub(crate) fn write(task: &CertificatePrepareOrder, fields: &mut Fields) {
    let CertificatePrepareOrder { request } = task;
    certificate_data::write(request, fields);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    certificate_data::read(object).map(AnyData::from)
}
