use certgate_domain::{AnyData, Response, Zone, task::ZoneCreate, words::StatusType};
use certgate_server::message;

use crate::{
    task::Asked,
    world::{World, answer, object, refusal, wrong_value},
    zone::NAME_SERVER,
};

pub(super) fn run(world: &mut World, task: &ZoneCreate, asked: &Asked<'_>) -> Response<AnyData> {
    let Some(origin) = task.zone.origin.as_deref().map(str::to_ascii_lowercase) else {
        return refusal("E0201", wrong_value("zone.name", ""));
    };
    if world.zones.contains_key(&origin) {
        return refusal("E0201", message("EF02019", "There is a zone of that name already.", "zone", &origin));
    }
    let created = world.moment(asked.now.unix);
    let server = task.zone.virtual_name_server.clone().or_else(|| task.zone.name_servers.first()?.name.clone());
    let zone = Zone {
        created: created.clone(),
        updated: created,
        virtual_name_server: server.or_else(|| Some(NAME_SERVER.to_owned())),
        ..task.zone.clone()
    };
    world.zones.insert(origin.clone(), zone);
    let mut answer = answer("S0201", "The zone was created successfully.", StatusType::Success);
    answer.object = object("zone", Some(&origin));
    answer
}
