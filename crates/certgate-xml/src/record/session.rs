//! `auth_session`.

use certgate_domain::Session;
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out};

/// Where it stands under `data` is not documented: its element, or its hash alone.
pub(crate) fn read_all(data: &Element<'_, '_>) -> Result<Vec<Session>, DecodeError> {
    let mut sessions = data.records("auth_session", read)?;
    if let Some(id) = data.secret("hash")? {
        sessions.push(Session { id: Some(id), account: None });
    }
    Ok(sessions)
}

fn read(e: &Element<'_, '_>) -> Result<Session, DecodeError> {
    Ok(Session { id: e.secret("hash")?, account: None })
}

pub(crate) fn write(out: &mut Out<'_>, record: &Session) {
    let Session { id, account } = record;
    out.secret("hash", id.as_ref());
    if account.is_some() {
        out.lose("account", "XML says nothing of the account");
    }
}
