use certgate_domain::{AnyData, Certificate, Response, SslContact, task::ContactDelete, words::StatusType};
use certgate_server::message;

use crate::{
    task::{Asked, job::is_over},
    world::{World, answer, object, refusal, wrong_id},
};

pub(super) fn run(world: &mut World, task: &ContactDelete, _: &Asked<'_>) -> Response<AnyData> {
    let Some(id) = task.id.filter(|id| world.contacts.contains_key(id)) else {
        return refusal("E400203", wrong_id("contact.id", task.id));
    };
    if is_in_use(world, id) {
        let why = "A certificate or an order needs the contact.";
        return refusal("E400203", message("EF01000", why, "contact.id", &id.to_string()));
    }
    world.contacts.remove(&id);
    let mut answer = answer("S400203", "The contact was deleted successfully.", StatusType::Success);
    answer.object = object("contact", Some(&id.to_string()));
    answer
}

fn is_in_use(world: &World, id: i64) -> bool {
    let is_it = |contact: &Option<SslContact>| contact.as_ref().is_some_and(|contact| contact.id == Some(id));
    let needs = |certificate: &Certificate| is_it(&certificate.admin_contact) || is_it(&certificate.technical_contact);
    let running = world.jobs.values().filter(|order| !is_over(order)).map(|order| &order.ordered);
    world.certificates.values().chain(running).any(needs)
}
