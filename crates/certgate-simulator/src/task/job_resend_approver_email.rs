use certgate_domain::{AnyData, Response, task::JobResendApproverEmail};

use crate::{
    task::{Asked, job},
    world::World,
};

pub(super) fn run(world: &mut World, task: &JobResendApproverEmail, _: &Asked<'_>) -> Response<AnyData> {
    job::done(world, "400118", task.id, "The mail was sent once more.")
}
