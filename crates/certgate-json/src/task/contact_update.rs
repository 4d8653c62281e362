//! Changes a contact.

use certgate_domain::{AnyData, AnyTask, task::ContactUpdate};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::contact, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    let id = given.id()?;
    let mut contact = given.body.map(contact::read).transpose()?.unwrap_or_default();
    contact.id = id;
    Ok(ContactUpdate { contact }.into())
}

pub(crate) fn write(task: &ContactUpdate, fields: &mut Fields) {
    let ContactUpdate { contact } = task;
    fields.integer("id", contact.id);
    contact::write(contact, fields);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    contact::read(object).map(AnyData::from)
}
