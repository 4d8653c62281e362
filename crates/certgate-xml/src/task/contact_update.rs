//! 400202 ContactUpdate.

use certgate_domain::{AnyData, task::ContactUpdate};
use certgate_wire::DecodeError;

use super::any;
use crate::{element::Element, out::Out, record::contact};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<ContactUpdate, DecodeError> {
    Ok(ContactUpdate { contact: e.record("contact", contact::read)?.unwrap_or_default() })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &ContactUpdate) {
    let ContactUpdate { contact } = task;
    out.element("contact", |out| contact::write(out, contact));
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(e.records("contact", contact::read)?))
}
