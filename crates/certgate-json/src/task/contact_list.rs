//! Lists contacts.

use certgate_domain::{AnyData, AnyTask, task::ContactList};
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    object::Object,
    record::{contact, query},
    task::Given,
};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    let query = given.body.map(query::read).transpose()?.unwrap_or_default();
    Ok(ContactList { query }.into())
}

pub(crate) fn write(task: &ContactList, fields: &mut Fields) {
    let ContactList { query } = task;
    query::write(query, fields);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    contact::read(object).map(AnyData::from)
}
