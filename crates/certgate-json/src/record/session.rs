//! Sessions: the session itself stands in a header, [`crate::session`] sees to it; here is what else an answer says.

use certgate_domain::{Foreign, Session};
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    object::Object,
    record::{Record, foreign},
    redact,
};

/// By hand: an answer's object is the account, of which nothing is documented. It is kept whole, and its fields are findings.
impl Record for Session {
    fn read(object: &Object<'_, '_>) -> Result<Self, DecodeError> {
        object.finish();
        Ok(Self { id: None, account: foreign::read(object.value())? })
    }

    /// What the gateway says of the account is somebody else's record, so it may hold secrets under their own names.
    fn write(&self, fields: &mut Fields) {
        let Self { id: _, account } = self;
        let Some(Foreign::Map(entries)) = account else { return };
        let all = fields.shows_secrets();
        for (name, value) in entries.iter().filter(|(name, _)| all || !redact::is_secret(name)) {
            fields.put(name, foreign::write(value));
        }
    }
}
