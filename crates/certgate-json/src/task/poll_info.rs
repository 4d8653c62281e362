//! Asks for the first message of the queue.

use certgate_domain::{AnyData, AnyTask, task::PollInfo};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::poll_message, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    given.nothing();
    Ok(PollInfo.into())
}

pub(crate) fn write(task: &PollInfo, _fields: &mut Fields) {
    let PollInfo = task;
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    poll_message::read(object).map(AnyData::from)
}
