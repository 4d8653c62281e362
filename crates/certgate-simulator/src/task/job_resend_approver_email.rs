use certgate_domain::{AnyData, Response, TaskKind, task::JobResendApproverEmail};

use crate::{
    task::{Asked, job},
    world::World,
};

pub(super) fn run(world: &mut World, task: &JobResendApproverEmail, _: &Asked<'_>) -> Response<AnyData> {
    job::done(
        world,
        TaskKind::JobResendApproverEmail.status_number(world.protocol),
        task.id,
        "The mail was sent once more.",
    )
}
