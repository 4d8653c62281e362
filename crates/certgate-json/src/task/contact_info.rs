//! Asks for a contact.

use certgate_domain::{AnyData, AnyTask, task::ContactInfo};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::contact, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    Ok(ContactInfo { id: given.only_id()? }.into())
}

pub(crate) fn write(task: &ContactInfo, fields: &mut Fields) {
    let ContactInfo { id } = task;
    fields.integer("id", *id);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    contact::read(object).map(AnyData::from)
}
