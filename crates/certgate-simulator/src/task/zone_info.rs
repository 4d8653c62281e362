use certgate_domain::{AnyData, Response, task::ZoneInfo, words::StatusType};

use crate::{
    task::Asked,
    world::{World, answer, object, refusal},
    zone::missing,
};

pub(super) fn run(world: &mut World, task: &ZoneInfo, _: &Asked<'_>) -> Response<AnyData> {
    let origin = world.zone_of(task.origin.as_deref(), task.virtual_name_server.as_deref());
    let Some(zone) = origin.and_then(|origin| world.zones.get(&origin)) else {
        return refusal("E0205", missing(task.origin.as_deref().unwrap_or_default()));
    };
    let mut answer = answer("S0205", "The zone was inquired successfully.", StatusType::Success);
    answer.object = object("zone", zone.origin.as_deref());
    answer.data.push(zone.clone().into());
    answer
}
