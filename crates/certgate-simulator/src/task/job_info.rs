use certgate_domain::{AnyData, Response, TaskKind, task::JobInfo, words::StatusType};

use crate::{
    Protocol,
    task::{Asked, job},
    world::{World, answer, object},
};

pub(super) fn run(world: &mut World, task: &JobInfo, _: &Asked<'_>) -> Response<AnyData> {
    let code = TaskKind::JobInfo.status_number(world.protocol);
    let hides = world.protocol == Protocol::Xml && world.settings.finished_jobs_are_gone;
    let found = task.id.and_then(|id| world.jobs.get(&id)).filter(|order| !(hides && job::is_over(order)));
    let Some(order) = found else { return job::gone(code, task.id) };
    let mut answer = answer(&format!("S{code}"), "The job was inquired successfully.", StatusType::Success);
    answer.object = object("job", order.job.id.map(|id| id.to_string()).as_deref());
    answer.data.push(job::whole(world, order).into());
    answer
}
