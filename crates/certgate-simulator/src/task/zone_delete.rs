use certgate_domain::{AnyData, Response, task::ZoneDelete, words::StatusType};

use crate::{
    task::Asked,
    world::{World, answer, object, refusal},
    zone::missing,
};

pub(super) fn run(world: &mut World, task: &ZoneDelete, _: &Asked<'_>) -> Response<AnyData> {
    let Some(origin) = world.zone_of(task.origin.as_deref(), task.virtual_name_server.as_deref()) else {
        return refusal("E0203", missing(task.origin.as_deref().unwrap_or_default()));
    };
    world.zones.remove(&origin);
    let mut answer = answer("S0203", "The zone was deleted successfully.", StatusType::Success);
    answer.object = object("zone", Some(&origin));
    answer
}
