use certgate_domain::{AnyData, Response, TaskKind, task::JobHistoryInfo, words::StatusType};

use crate::{
    task::{Asked, job},
    world::{World, answer, object},
};

pub(super) fn run(world: &mut World, task: &JobHistoryInfo, _: &Asked<'_>) -> Response<AnyData> {
    let code = TaskKind::JobHistoryInfo.status_number(world.protocol);
    let Some(order) = task.id.and_then(|id| world.jobs.get(&id)).filter(|order| job::is_over(order)) else {
        return job::gone(code, task.id);
    };
    let mut answer = answer(&format!("S{code}"), "The job was inquired successfully.", StatusType::Success);
    answer.object = object("job", order.job.id.map(|id| id.to_string()).as_deref());
    answer.data.push(job::whole(world, order).into());
    answer
}
