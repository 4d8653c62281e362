//! Orders a new certificate.

use certgate_domain::{AnyData, AnyTask, task::CertificateCreate};
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    object::Object,
    record::{certificate, job},
    task::Given,
};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    let certificate = given.body.map(certificate::read).transpose()?.unwrap_or_default();
    Ok(CertificateCreate { certificate }.into())
}

pub(crate) fn write(task: &CertificateCreate, fields: &mut Fields) {
    let CertificateCreate { certificate } = task;
    certificate::write(certificate, fields);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    job::read(object).map(AnyData::from)
}
