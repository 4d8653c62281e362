use certgate_domain::{AnyData, ResourceRecord, Response, task::ZoneUpdateRecords, words::StatusType};
use certgate_server::message;

use crate::{
    task::Asked,
    world::{World, answer, object, refusal, wrong_value},
    zone::{is_same, missing, relative},
};

/// All or nothing. A record that is to be added and is there is a refusal; one that is to be removed and is not there is none.
pub(super) fn run(world: &mut World, task: &ZoneUpdateRecords, asked: &Asked<'_>) -> Response<AnyData> {
    let updated = world.moment(asked.now.unix);
    let ZoneUpdateRecords { origin, virtual_name_server, name, add, remove } = task;
    let code = task.status_number(world.protocol);
    let failed = format!("E{code}");
    let found = match name {
        Some(name) => world.zone_around(name),
        None => world.zone_of(origin.as_deref(), virtual_name_server.as_deref()),
    };
    let Some((origin, zone)) = found.and_then(|origin| Some((origin.clone(), world.zones.get_mut(&origin)?))) else {
        return refusal(&failed, missing(name.as_ref().or(origin.as_ref()).map_or("", String::as_str)));
    };
    let records = |records: &[ResourceRecord]| -> Option<Vec<ResourceRecord>> {
        records.iter().map(|record| relative(record, &origin, name.is_some())).collect()
    };
    let (Some(add), Some(remove)) = (records(add), records(remove)) else {
        return refusal(&failed, wrong_value("zone.rr", ""));
    };
    let mut left = zone.resource_records.clone();
    left.retain(|record| !remove.iter().any(|removed| is_same(record, removed)));
    for record in add {
        if left.iter().any(|existing| is_same(existing, &record)) {
            let name = record.name.as_deref().unwrap_or_default();
            return refusal(&failed, message("EF02022", "A record was entered twice.", "rr", name));
        }
        left.push(record);
    }
    (zone.resource_records, zone.updated) = (left, updated);
    let mut answer = answer(&format!("S{code}"), "The zone was updated successfully.", StatusType::Success);
    answer.object = object("zone", Some(&origin));
    answer
}
