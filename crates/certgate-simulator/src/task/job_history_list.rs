use certgate_domain::{AnyData, Response, task::JobHistoryList};

use crate::{
    task::{Asked, job},
    world::World,
};

pub(super) fn run(world: &mut World, task: &JobHistoryList, _: &Asked<'_>) -> Response<AnyData> {
    job::list(world, &job::code(world, "135"), world.jobs.values().filter(|order| job::is_over(order)), &task.query)
}
