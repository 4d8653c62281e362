//! 1321003 SessionDelete: the session stands in the task.

use certgate_domain::task::SessionDelete;
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out, task::Request};

impl Request for SessionDelete {
    fn read(task: &Element<'_, '_>) -> Result<Self, DecodeError> {
        Ok(Self { session: task.block(["auth_session"], |e| e.secret(["hash"]))?.flatten() })
    }

    fn write(&self, out: &mut Out<'_>) {
        let Self { session } = self;
        out.element("auth_session", |out| out.secret("hash", session));
    }
}
