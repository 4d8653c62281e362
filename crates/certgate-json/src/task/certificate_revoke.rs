//! Revokes an earlier certificate by its serial number.

use certgate_domain::{AnyData, AnyTask, task::CertificateRevoke};
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
    Ok(CertificateRevoke { certificate }.into())
}

pub(crate) fn write(task: &CertificateRevoke, fields: &mut Fields) {
    let CertificateRevoke { certificate } = task;
    fields.integer("id", certificate.id);
    certificate::write(certificate, fields);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    job::read(object).map(AnyData::from)
}
