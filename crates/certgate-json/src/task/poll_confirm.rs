//! Confirms a message of the queue.

use certgate_domain::{AnyData, AnyTask, task::PollConfirm};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::poll_message, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    Ok(PollConfirm { id: given.only_id()? }.into())
}

pub(crate) fn write(task: &PollConfirm, fields: &mut Fields) {
    let PollConfirm { id } = task;
    fields.integer("id", *id);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    poll_message::read(object).map(AnyData::from)
}
