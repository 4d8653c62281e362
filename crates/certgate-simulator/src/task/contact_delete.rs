use certgate_domain::{AnyData, Response, task::ContactDelete, words::StatusType};

use crate::{
    task::Asked,
    world::{World, answer, object, refusal, wrong_id},
};

pub(super) fn run(world: &mut World, task: &ContactDelete, _: &Asked<'_>) -> Response<AnyData> {
    let Some(id) = task.id.filter(|id| world.contacts.contains_key(id)) else {
        return refusal("E400203", wrong_id("contact.id", task.id));
    };
    world.contacts.remove(&id);
    let mut answer = answer("S400203", "The contact was deleted successfully.", StatusType::Success);
    answer.object = object("contact", Some(&id.to_string()));
    answer
}
