//! 0905 PollInfo.

use certgate_domain::{AnyData, PollMessage, task::PollInfo};
use certgate_wire::DecodeError;

use super::any;
use crate::{element::Element, out::Out, record::poll_message};

pub(super) fn read_request() -> PollInfo {
    PollInfo
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(e.records("message", poll_message::read)?))
}

pub(super) fn write_data(out: &mut Out<'_>, record: &PollMessage) {
    out.element("message", |out| poll_message::write(out, record));
}
