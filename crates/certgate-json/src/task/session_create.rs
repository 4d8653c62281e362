//! Starts a session. The credentials in the body are the call's own: [`crate::session`] sees to them.

use certgate_domain::task::SessionCreate;
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    task::{Request, RequestParts},
};

impl Request for SessionCreate {
    fn read(parts: &RequestParts<'_, '_, '_>) -> Result<Self, DecodeError> {
        let timeout = parts.body.map(|body| body.integer(["timeout"])).transpose()?.flatten();
        parts.finish();
        Ok(Self { timeout })
    }

    fn write(&self, fields: &mut Fields) {
        let Self { timeout } = self;
        fields.integer("timeout", timeout);
    }
}
