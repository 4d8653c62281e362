use certgate_domain::{AnyData, Response, task::ContactInfo, words::StatusType};

use crate::{
    task::Asked,
    world::{World, answer, object, refusal, wrong_id},
};

pub(super) fn run(world: &mut World, task: &ContactInfo, _: &Asked<'_>) -> Response<AnyData> {
    let Some(contact) = task.id.and_then(|id| world.contacts.get(&id)) else {
        return refusal("E400204", wrong_id("contact.id", task.id));
    };
    let mut answer = answer("S400204", "The contact was inquired successfully.", StatusType::Success);
    answer.object = object("contact", contact.id.map(|id| id.to_string()).as_deref());
    answer.data.push(contact.clone().into());
    answer
}
