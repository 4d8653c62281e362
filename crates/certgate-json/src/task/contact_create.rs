//! Creates a contact.

use certgate_domain::{AnyData, AnyTask, task::ContactCreate};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::contact, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    let contact = given.body.map(contact::read).transpose()?.unwrap_or_default();
    Ok(ContactCreate { contact }.into())
}

pub(crate) fn write(task: &ContactCreate, fields: &mut Fields) {
    let ContactCreate { contact } = task;
    contact::write(contact, fields);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    contact::read(object).map(AnyData::from)
}
