use certgate_domain::{AnyData, Response, task::JobList};

use crate::{
    task::{Asked, job},
    world::World,
};

pub(super) fn run(world: &mut World, task: &JobList, _: &Asked<'_>) -> Response<AnyData> {
    job::list(world, &job::code(world, "115"), world.jobs.values(), &task.query)
}
