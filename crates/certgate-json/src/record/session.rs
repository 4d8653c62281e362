//! The account in the answer to a login. The session itself is in a header; see [`crate::session`].

use certgate_domain::{Foreign, Session};
use certgate_wire::{DecodeError, is_secret_name};

use crate::{
    fields::Fields,
    object::Object,
    record::{Record, foreign},
};

/// The fields of a login, which its answer may repeat.
const LOGIN: [&str; 4] = ["user", "password", "context", "token"];

/// By hand: the account is kept whole. Nothing about it is documented, so each field but those of the login is a finding.
impl Record for Session {
    fn read(object: &Object<'_, '_>) -> Result<Self, DecodeError> {
        for name in LOGIN {
            object.field(name);
        }
        object.finish();
        Ok(Self { id: None, account: foreign::read(object.value())? })
    }

    /// The account may contain secrets; they are recognised by their names.
    fn write(&self, fields: &mut Fields) {
        let Self { id: _, account } = self;
        let Some(Foreign::Map(entries)) = account else { return };
        let all = fields.shows_secrets();
        for (name, value) in entries.iter().filter(|(name, _)| all || !is_secret_name(name)) {
            fields.put(name, &foreign::write(value));
        }
    }
}
