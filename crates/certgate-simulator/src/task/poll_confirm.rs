use certgate_domain::{AnyData, PollMessage, Response, task::PollConfirm, words::StatusType};

use crate::world::{World, answer, object, refusal, wrong_value};

pub(super) fn run(world: &mut World, task: &PollConfirm) -> Response<AnyData> {
    let id = task.id.unwrap_or_default();
    let Some(at) = world.queue.iter().position(|message| message.id == Some(id)) else {
        return refusal("E0906", wrong_value("message.id", &id.to_string()));
    };
    world.queue.remove(at);
    let mut answer = answer("S0906", "The notification was confirmed successfully.", StatusType::Success);
    answer.object = object("message", Some(&id.to_string()));
    answer.data.push(PollMessage { id: Some(id), ..PollMessage::default() }.into());
    answer
}
