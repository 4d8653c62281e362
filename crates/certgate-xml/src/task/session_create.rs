//! 1321001 SessionCreate: the credentials in `<auth>` are all it needs.

use certgate_domain::task::SessionCreate;
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out, task::Request};

impl Request for SessionCreate {
    fn read(_: &Element<'_, '_>) -> Result<Self, DecodeError> {
        Ok(Self { timeout: None })
    }

    fn write(&self, out: &mut Out<'_>) {
        let Self { timeout } = self;
        if timeout.is_some() {
            out.lose("timeout", "XML has no timeout of a session");
        }
    }
}
