//! Orders a certificate that is issued at once.

use certgate_domain::{AnyData, AnyTask, task::CertificateRealtime};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::certificate, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    let certificate = given.body.map(certificate::read).transpose()?.unwrap_or_default();
    Ok(CertificateRealtime { certificate }.into())
}

pub(crate) fn write(task: &CertificateRealtime, fields: &mut Fields) {
    let CertificateRealtime { certificate } = task;
    certificate::write(certificate, fields);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    certificate::read(object).map(AnyData::from)
}
