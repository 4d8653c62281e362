//! 400201 ContactCreate.

use certgate_domain::{AnyData, task::ContactCreate};
use certgate_wire::DecodeError;

use super::any;
use crate::{element::Element, out::Out, record::contact};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<ContactCreate, DecodeError> {
    Ok(ContactCreate { contact: e.record("contact", contact::read)?.unwrap_or_default() })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &ContactCreate) {
    let ContactCreate { contact } = task;
    out.element("contact", |out| contact::write(out, contact));
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(e.records("contact", contact::read)?))
}
