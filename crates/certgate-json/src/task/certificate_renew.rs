//! Orders a certificate for another term.

use certgate_domain::{AnyData, AnyTask, task::CertificateRenew};
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    object::Object,
    record::{certificate, job},
    task::Given,
};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    let id = given.id()?;
    let mut certificate = given.body.map(certificate::read).transpose()?.unwrap_or_default();
    certificate.id = id;
    Ok(CertificateRenew { certificate }.into())
}

pub(crate) fn write(task: &CertificateRenew, fields: &mut Fields) {
    let CertificateRenew { certificate } = task;
    fields.integer("id", certificate.id);
    certificate::write(certificate, fields);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    job::read(object).map(AnyData::from)
}
