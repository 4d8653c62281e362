use certgate_domain::{AnyData, Response, task::JobResendPhoneAuthorization};

use crate::{
    task::{Asked, job},
    world::World,
};

pub(super) fn run(world: &mut World, task: &JobResendPhoneAuthorization, _: &Asked<'_>) -> Response<AnyData> {
    job::done(world, "400119", task.id, "The call was ordered once more.")
}
