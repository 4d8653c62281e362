//! 0905 PollInfo.

use certgate_domain::{AnyData, task::PollInfo};
use certgate_wire::DecodeError;

use super::any;
use crate::{element::Element, out::Out, record::poll_message};

pub(super) fn read_request(_: &Element<'_, '_>) -> Result<PollInfo, DecodeError> {
    Ok(PollInfo)
}

/// The code says it all.
pub(super) fn write_request(_: &mut Out<'_>, task: &PollInfo) {
    let PollInfo = task;
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(e.records("message", poll_message::read)?))
}
