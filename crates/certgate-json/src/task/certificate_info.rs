//! Asks for a certificate.

use certgate_domain::{AnyData, AnyTask, task::CertificateInfo};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::certificate, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    Ok(CertificateInfo { id: given.only_id()? }.into())
}

pub(crate) fn write(task: &CertificateInfo, fields: &mut Fields) {
    let CertificateInfo { id } = task;
    fields.integer("id", *id);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    certificate::read(object).map(AnyData::from)
}
