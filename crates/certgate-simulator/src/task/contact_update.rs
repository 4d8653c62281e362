use certgate_domain::{AnyData, Response, SslContact, task::ContactUpdate, words::StatusType};

use crate::{
    Protocol,
    task::Asked,
    world::{World, answer, object, refusal, wrong_id},
};

/// Says the whole contact anew.
pub(super) fn run(world: &mut World, task: &ContactUpdate, asked: &Asked<'_>) -> Response<AnyData> {
    let updated = world.moment(asked.now.unix);
    let protocol = world.protocol;
    let Some(existing) = task.contact.id.and_then(|id| world.contacts.get_mut(&id)) else {
        return refusal("E400202", wrong_id("contact.id", task.contact.id));
    };
    *existing = SslContact { created: existing.created.clone(), updated, ..task.contact.clone() };
    let mut answer = answer("S400202", "The contact was updated successfully.", StatusType::Success);
    answer.object = object("contact", existing.id.map(|id| id.to_string()).as_deref());
    if protocol == Protocol::Json {
        answer.data.push(existing.clone().into());
    }
    answer
}
