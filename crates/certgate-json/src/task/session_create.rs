//! Starts a session. The credentials in the body are the call's own: [`crate::session`] sees to them.

use certgate_domain::task::SessionCreate;
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    task::{Given, Request},
};

impl Request for SessionCreate {
    fn read(given: &Given<'_, '_, '_>) -> Result<Self, DecodeError> {
        let timeout = given.body.map(|body| body.integer(["timeout"])).transpose()?.flatten();
        given.finish();
        Ok(Self { timeout })
    }

    fn write(&self, fields: &mut Fields) {
        let Self { timeout } = self;
        fields.integer("timeout", timeout);
    }
}
