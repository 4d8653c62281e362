//! Ends a session, which stands in a header: [`crate::header`] sees to it.

use certgate_domain::{AnyData, AnyTask, task::SessionDelete};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::session, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    let session = given.body.map(|body| body.secret("session")).transpose()?.flatten();
    given.nothing();
    Ok(SessionDelete { session }.into())
}

pub(crate) fn write(task: &SessionDelete, _fields: &mut Fields) {
    let SessionDelete { session: _ } = task;
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    session::read(object).map(AnyData::from)
}
