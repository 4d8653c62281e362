use certgate_domain::{AnyData, Response, TaskKind, task::JobHistoryList};

use crate::{
    task::{Asked, job},
    world::World,
};

pub(super) fn run(world: &mut World, task: &JobHistoryList, _: &Asked<'_>) -> Response<AnyData> {
    job::list(
        world,
        TaskKind::JobHistoryList.status_number(world.protocol),
        world.jobs.values().filter(|order| job::is_over(order)),
        &task.query,
    )
}
