//! Starts a session. The credentials in the body are the call's own: [`crate::header`] sees to them.

use certgate_domain::{AnyData, AnyTask, task::SessionCreate};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::session, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    let timeout = given.body.map(|body| body.integer("timeout")).transpose()?.flatten();
    given.nothing();
    Ok(SessionCreate { timeout }.into())
}

pub(crate) fn write(task: &SessionCreate, fields: &mut Fields) {
    let SessionCreate { timeout } = task;
    fields.integer("timeout", *timeout);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    session::read(object).map(AnyData::from)
}
