//! 400203 ContactDelete.

use certgate_domain::{AnyData, task::ContactDelete};
use certgate_wire::DecodeError;

use super::any;
use crate::{element::Element, out::Out, record::contact};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<ContactDelete, DecodeError> {
    Ok(ContactDelete { id: e.record("contact", |e| e.integer("id"))?.flatten() })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &ContactDelete) {
    let ContactDelete { id } = task;
    out.element("contact", |out| out.integer("id", *id));
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(e.records("contact", contact::read)?))
}
