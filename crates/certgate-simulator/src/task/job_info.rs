use certgate_domain::{AnyData, ObjectJob, Response, task::JobInfo, words::StatusType};

use crate::{
    Protocol,
    world::{World, answer, message, object, refusal},
};

/// The code's family depends on the protocol: 4001xx in XML, 3001xx in JSON.
pub(super) fn run(world: &World, task: &JobInfo) -> Response<AnyData> {
    let family = if world.protocol == Protocol::Xml { "400114" } else { "300114" };
    let id = task.id.map(|id| id.to_string()).unwrap_or_default();
    let Some(order) = task.id.and_then(|id| world.jobs.get(&id)) else {
        return refusal(&format!("E{family}"), message("EF300101", "The job was not found.", "job", &id));
    };
    let mut answer = answer(&format!("S{family}"), "The job was inquired successfully.", StatusType::Success);
    answer.object = object("job", Some(&id));
    let object = object("certificate", order.ordered.name.as_deref());
    answer.data.push(ObjectJob { job: Some(order.job.clone()), object, ..ObjectJob::default() }.into());
    answer
}
