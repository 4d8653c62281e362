//! 400205 ContactList.

use certgate_domain::{AnyData, task::ContactList};
use certgate_wire::DecodeError;

use super::any;
use crate::{
    element::Element,
    out::Out,
    record::{contact, query},
};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<ContactList, DecodeError> {
    Ok(ContactList { query: query::read(e)? })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &ContactList) {
    let ContactList { query } = task;
    query::write(out, query);
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(e.records("contact", contact::read)?))
}
