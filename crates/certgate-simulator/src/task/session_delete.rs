use certgate_domain::{AnyData, Response, Secret, task::SessionDelete, words::StatusType};

use crate::{
    task::Asked,
    world::{World, answer, refusal, wrong_value},
};

pub(super) fn run(world: &mut World, task: &SessionDelete, _: &Asked<'_>) -> Response<AnyData> {
    let id = task.session.as_ref().map(Secret::expose).unwrap_or_default();
    if world.sessions.remove(id).is_none() {
        return refusal("E1321003", wrong_value("auth_session.hash", ""));
    }
    answer("S1321003", "The session was deleted successfully.", StatusType::Success)
}
