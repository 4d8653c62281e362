use certgate_domain::{AnyData, Response, task::JobConfirm};

use crate::{
    task::{Asked, job},
    world::World,
};

pub(super) fn run(world: &mut World, task: &JobConfirm, _: &Asked<'_>) -> Response<AnyData> {
    job::done(world, &job::code(world, "122"), task.id, "The job was confirmed successfully.")
}
