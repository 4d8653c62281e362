//! Lists certificates.

use certgate_domain::{AnyData, AnyTask, task::CertificateList};
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    object::Object,
    record::{certificate, query},
    task::Given,
};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    let query = given.body.map(query::read).transpose()?.unwrap_or_default();
    Ok(CertificateList { query }.into())
}

pub(crate) fn write(task: &CertificateList, fields: &mut Fields) {
    let CertificateList { query } = task;
    query::write(query, fields);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    certificate::read(object).map(AnyData::from)
}
