//! 0906 PollConfirm.

use certgate_domain::{AnyData, task::PollConfirm};
use certgate_wire::DecodeError;

use super::any;
use crate::{element::Element, out::Out, record::poll_message};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<PollConfirm, DecodeError> {
    Ok(PollConfirm { id: e.record("message", |e| e.integer("id"))?.flatten() })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &PollConfirm) {
    let PollConfirm { id } = task;
    out.element("message", |out| out.integer("id", *id));
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(e.records("message", poll_message::read)?))
}
