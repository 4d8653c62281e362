//! 0906 PollConfirm.

use certgate_domain::task::PollConfirm;
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<PollConfirm, DecodeError> {
    let id = e.record("message", |e| e.integer("id"))?.flatten();
    Ok(PollConfirm { id })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &PollConfirm) {
    let PollConfirm { id } = task;
    out.element("message", |out| out.integer("id", *id));
}
