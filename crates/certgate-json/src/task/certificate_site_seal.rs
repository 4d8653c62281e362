//! Asks for a site seal.

use certgate_domain::{AnyData, AnyTask, task::CertificateSiteSeal};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::site_seal, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    Ok(CertificateSiteSeal { id: given.only_id()? }.into())
}

pub(crate) fn write(task: &CertificateSiteSeal, fields: &mut Fields) {
    let CertificateSiteSeal { id } = task;
    fields.integer("id", *id);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    site_seal::read(object).map(AnyData::from)
}
