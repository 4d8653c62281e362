use certgate_domain::{AnyData, Response, TaskKind, task::JobConfirm};

use crate::{
    task::{Asked, job},
    world::World,
};

pub(super) fn run(world: &mut World, task: &JobConfirm, _: &Asked<'_>) -> Response<AnyData> {
    job::done(world, TaskKind::JobConfirm.status_number(world.protocol), task.id, "The job was confirmed successfully.")
}
