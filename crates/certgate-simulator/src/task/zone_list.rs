use certgate_domain::{AnyData, Response, Zone, task::ZoneList};

use crate::{
    list::{Keys, list},
    task::Asked,
    world::{World, time},
};

const KEYS: &Keys<Zone> = &[
    ("name", |row| row.origin.clone()),
    ("virtualNameServer", |row| row.virtual_name_server.clone()),
    ("comment", |row| row.comment.clone()),
    ("created", |row| time(&row.created)),
    ("updated", |row| time(&row.updated)),
];

pub(super) fn run(world: &mut World, task: &ZoneList, _: &Asked<'_>) -> Response<AnyData> {
    list("0205", "zone", world.zones.values(), &task.query, KEYS, |row| sparse(row).into())
}

/// A row says less than the zone.
fn sparse(row: &Zone) -> Zone {
    Zone {
        created: row.created.clone(),
        updated: row.updated.clone(),
        origin: row.origin.clone(),
        virtual_name_server: row.virtual_name_server.clone(),
        owner: row.owner.clone(),
        ..Zone::default()
    }
}
