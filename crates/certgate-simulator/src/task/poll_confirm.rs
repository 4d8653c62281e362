use certgate_domain::{AnyData, PollMessage, Response, task::PollConfirm, words::StatusType};

use crate::{
    task::Asked,
    world::{World, answer, object, refusal, wrong_id},
};

pub(super) fn run(world: &mut World, task: &PollConfirm, _: &Asked<'_>) -> Response<AnyData> {
    let waits = |id: &i64| world.queue.iter().position(|message| message.id == Some(*id)).map(|at| (*id, at));
    let Some((id, at)) = task.id.as_ref().and_then(waits) else {
        return refusal("E0906", wrong_id("message.id", task.id));
    };
    if !world.settings.keeps_confirmed {
        world.queue.remove(at);
    }
    let mut answer = answer("S0906", "The notification was confirmed successfully.", StatusType::Success);
    answer.object = object("message", Some(&id.to_string()));
    answer.data.push(PollMessage { id: Some(id), ..PollMessage::default() }.into());
    answer
}
