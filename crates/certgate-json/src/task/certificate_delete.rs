//! Deletes a certificate.

use certgate_domain::{AnyData, AnyTask, task::CertificateDelete};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::job, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    Ok(CertificateDelete { id: given.only_id()? }.into())
}

pub(crate) fn write(task: &CertificateDelete, fields: &mut Fields) {
    let CertificateDelete { id } = task;
    fields.integer("id", *id);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    job::read(object).map(AnyData::from)
}
