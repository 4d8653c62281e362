use certgate_domain::{AnyData, Response, SslContact, task::ContactCreate, words::StatusType};

use crate::{
    Protocol,
    task::Asked,
    world::{World, answer, object, refusal, wrong_value},
};

/// XML gives only the id, in the status's object.
pub(super) fn run(world: &mut World, task: &ContactCreate, asked: &Asked<'_>) -> Response<AnyData> {
    let given = &task.contact;
    for (path, value) in
        [("contact.first", &given.fname), ("contact.last", &given.lname), ("contact.email", &given.email)]
    {
        if value.is_none() {
            return refusal("E400201", wrong_value(path, ""));
        }
    }
    let id = World::next_id(&world.contacts);
    let created = world.moment(asked.now.unix);
    let contact = SslContact { id: Some(id), created: created.clone(), updated: created, ..given.clone() };
    world.contacts.insert(id, contact.clone());
    let mut answer = answer("S400201", "The contact was created successfully.", StatusType::Success);
    answer.object = object("contact", Some(&id.to_string()));
    if world.protocol == Protocol::Json {
        answer.data.push(contact.into());
    }
    answer
}
