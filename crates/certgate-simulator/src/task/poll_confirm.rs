use certgate_domain::{AnyData, PollMessage, Response, task::PollConfirm, words::StatusType};

use crate::{
    task::Asked,
    world::{World, answer, object, refusal, wrong_id},
};

pub(super) fn run(world: &mut World, task: &PollConfirm, _: &Asked<'_>) -> Response<AnyData> {
    let Some(id) = task.id.filter(|id| world.queue.contains_key(id)) else {
        return refusal("E0906", wrong_id("message.id", task.id));
    };
    if !world.settings.keeps_confirmed {
        world.queue.remove(&id);
    }
    let mut answer = answer("S0906", "The notification was confirmed successfully.", StatusType::Success);
    answer.object = object("message", Some(&id.to_string()));
    answer.data.push(PollMessage { id: Some(id), ..PollMessage::default() }.into());
    answer
}
