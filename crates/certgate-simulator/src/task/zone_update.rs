use certgate_domain::{AnyData, Response, Zone, task::ZoneUpdate, words::StatusType};

use crate::{
    task::Asked,
    world::{World, answer, object, refusal},
    zone::missing,
};

/// Says the whole zone anew, its records too.
pub(super) fn run(world: &mut World, task: &ZoneUpdate, asked: &Asked<'_>) -> Response<AnyData> {
    let updated = world.moment(asked.now.unix);
    let origin = world.zone_of(task.zone.origin.as_deref(), task.zone.virtual_name_server.as_deref());
    let Some((origin, existing)) = origin.and_then(|origin| Some((origin.clone(), world.zones.get_mut(&origin)?)))
    else {
        return refusal("E0202", missing(task.zone.origin.as_deref().unwrap_or_default()));
    };
    *existing = Zone {
        created: existing.created.clone(),
        updated,
        virtual_name_server: existing.virtual_name_server.clone(),
        ..task.zone.clone()
    };
    let mut answer = answer("S0202", "The zone was updated successfully.", StatusType::Success);
    answer.object = object("zone", Some(&origin));
    answer
}
