use certgate_domain::{AnyData, Response, Zone, task::ZoneList, words::StatusType};

use crate::{
    list::select,
    task::Asked,
    world::{World, answer, listed, refusal, time},
};

const KEYS: [&str; 5] = ["name", "virtualNameServer", "comment", "created", "updated"];

pub(super) fn run(world: &mut World, task: &ZoneList, _: &Asked<'_>) -> Response<AnyData> {
    let (total, rows) = match select(world.zones.values(), &task.query, &KEYS, value) {
        Ok(found) => found,
        Err(reason) => return refusal("E0205", reason),
    };
    let mut answer = answer("S0205", "The zones were inquired successfully.", StatusType::Success);
    answer.object = listed("zone", total);
    answer.data = rows.into_iter().map(|row| sparse(row).into()).collect();
    answer
}

fn value(row: &Zone, key: &str) -> Option<String> {
    match key {
        "name" => row.origin.clone(),
        "virtualNameServer" => row.virtual_name_server.clone(),
        "comment" => row.comment.clone(),
        "created" => time(&row.created),
        "updated" => time(&row.updated),
        _ => None,
    }
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
