//! Deletes a contact.

use certgate_domain::{AnyData, AnyTask, task::ContactDelete};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::contact, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    Ok(ContactDelete { id: given.only_id()? }.into())
}

pub(crate) fn write(task: &ContactDelete, fields: &mut Fields) {
    let ContactDelete { id } = task;
    fields.integer("id", *id);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    contact::read(object).map(AnyData::from)
}
