//! Ends a session, which stands in a header: [`crate::header`] sees to it.

use certgate_domain::task::SessionDelete;
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    task::{Request, RequestParts},
};

impl Request for SessionDelete {
    fn read(parts: &RequestParts<'_, '_, '_>) -> Result<Self, DecodeError> {
        let session = parts.body.map(|body| body.secret(["session"])).transpose()?.flatten();
        parts.finish();
        Ok(Self { session })
    }

    fn write(&self, _: &mut Fields) {
        let Self { session: _ } = self;
    }
}
