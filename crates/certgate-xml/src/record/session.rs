//! `auth_session`.

use certgate_domain::{Foreign, Session};
use certgate_wire::DecodeError;

use crate::{
    element::Element,
    out::Out,
    record::{InData, Record},
};

/// By hand: XML says nothing of the account.
impl Record for Session {
    fn read(e: &Element<'_, '_>) -> Result<Self, DecodeError> {
        Ok(Self { id: e.secret(["hash"])?, account: None })
    }

    fn write(&self, out: &mut Out<'_>) {
        let Self { id, account } = self;
        out.secret("hash", id);
        const WHY: &str = "XML says nothing of the account";
        match account {
            Some(Foreign::Map(entries)) => entries.iter().for_each(|(name, _)| out.lose_entry(name, WHY)),
            Some(_) => out.lose("", WHY),
            None => {}
        }
    }
}

impl InData for Session {
    const ELEMENT: &'static str = "auth_session";

    /// Where it stands is not documented: its element, or its hash alone.
    fn read_all(data: &Element<'_, '_>) -> Result<Vec<Self>, DecodeError> {
        let mut sessions: Vec<Self> = data.records([Self::ELEMENT])?;
        if let Some(id) = data.secret(["hash"])? {
            sessions.push(Self { id: Some(id), account: None });
        }
        Ok(sessions)
    }
}
