use certgate_domain::{AnyData, Response, TaskKind, task::JobList};

use crate::{
    task::{Asked, job},
    world::World,
};

pub(super) fn run(world: &mut World, task: &JobList, _: &Asked<'_>) -> Response<AnyData> {
    job::list(world, TaskKind::JobList.status_number(world.protocol), world.jobs.values(), &task.query)
}
