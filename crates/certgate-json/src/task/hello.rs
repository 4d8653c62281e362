//! Tests connection and credentials; the answer's data, where there is any, is empty.

use certgate_domain::{AnyData, AnyTask, task::Hello};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::poll_message, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    given.nothing();
    Ok(Hello.into())
}

pub(crate) fn write(task: &Hello, _fields: &mut Fields) {
    let Hello = task;
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    poll_message::read(object).map(AnyData::from)
}
