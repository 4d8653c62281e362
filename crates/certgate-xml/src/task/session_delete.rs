//! 1321003 SessionDelete.

use certgate_domain::{AnyData, task::SessionDelete};
use certgate_wire::DecodeError;

use super::any;
use crate::{element::Element, out::Out, record::session};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<SessionDelete, DecodeError> {
    Ok(SessionDelete { session: e.record("auth_session", |e| e.secret("hash"))?.flatten() })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &SessionDelete) {
    let SessionDelete { session } = task;
    out.element("auth_session", |out| out.secret("hash", session.as_ref()));
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(session::read_all(e)?))
}
