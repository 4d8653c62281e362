//! Sets a certificate's comment.

use certgate_domain::{AnyData, AnyTask, task::CertificateCommentUpdate};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::certificate, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    let id = given.id()?;
    let mut certificate = given.body.map(certificate::read).transpose()?.unwrap_or_default();
    certificate.id = id;
    Ok(CertificateCommentUpdate { certificate }.into())
}

pub(crate) fn write(task: &CertificateCommentUpdate, fields: &mut Fields) {
    let CertificateCommentUpdate { certificate } = task;
    fields.integer("id", certificate.id);
    certificate::write(certificate, fields);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    certificate::read(object).map(AnyData::from)
}
