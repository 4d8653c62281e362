//! The connection test: the gateway has none in XML, so it is PollInfo (0905), the cheapest safe task.

use certgate_domain::{AnyData, task::Hello};
use certgate_wire::DecodeError;

use super::poll_info;
use crate::{element::Element, out::Out};

pub(super) fn read_request(_: &Element<'_, '_>) -> Result<Hello, DecodeError> {
    Ok(Hello)
}

/// The code says it all.
pub(super) fn write_request(_: &mut Out<'_>, task: &Hello) {
    let Hello = task;
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    poll_info::read_data(e)
}
