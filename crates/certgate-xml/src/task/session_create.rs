//! 1321001 SessionCreate: the credentials in `<auth>` are all it needs.

use certgate_domain::{AnyData, task::SessionCreate};
use certgate_wire::DecodeError;

use super::any;
use crate::{element::Element, out::Out, record::session};

pub(super) fn read_request(_: &Element<'_, '_>) -> Result<SessionCreate, DecodeError> {
    Ok(SessionCreate { timeout: None })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &SessionCreate) {
    let SessionCreate { timeout } = task;
    if timeout.is_some() {
        out.lose("timeout", "XML has no timeout of a session");
    }
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(session::read_all(e)?))
}
