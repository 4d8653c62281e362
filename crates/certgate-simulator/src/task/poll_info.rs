use certgate_domain::{AnyData, Response, ResponseObject, task::PollInfo, words::StatusType};

use crate::{
    task::Asked,
    world::{World, answer, object},
};

pub(super) fn run(world: &mut World, _: &PollInfo, _: &Asked<'_>) -> Response<AnyData> {
    let mut answer = answer("S0905", "The notification was polled successfully.", StatusType::Success);
    let summary = i64::try_from(world.queue.len()).ok();
    let first = world.queue.values().next();
    answer.object = match first {
        Some(message) => object("message", message.id.map(|id| id.to_string()).as_deref()),
        None => Some(ResponseObject::default()),
    };
    if let Some(object) = &mut answer.object {
        object.summary = summary;
    }
    answer.data.extend(first.cloned().map(AnyData::from));
    answer
}
