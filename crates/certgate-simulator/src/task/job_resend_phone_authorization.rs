use certgate_domain::{AnyData, Response, TaskKind, task::JobResendPhoneAuthorization};

use crate::{
    task::{Asked, job},
    world::World,
};

pub(super) fn run(world: &mut World, task: &JobResendPhoneAuthorization, _: &Asked<'_>) -> Response<AnyData> {
    job::done(
        world,
        TaskKind::JobResendPhoneAuthorization.status_number(world.protocol),
        task.id,
        "The call was ordered once more.",
    )
}
