use certgate_domain::{AnyData, Response, SslContact, task::ContactList, words::StatusType};

use crate::{
    list::select,
    task::Asked,
    world::{World, answer, listed, refusal, time},
};

const KEYS: [&str; 15] = [
    "country",
    "fname",
    "address",
    "city",
    "created",
    "title",
    "lname",
    "phone",
    "organization",
    "state",
    "id",
    "fax",
    "pcode",
    "updated",
    "email",
];

pub(super) fn run(world: &mut World, task: &ContactList, _: &Asked<'_>) -> Response<AnyData> {
    let (total, rows) = match select(world.contacts.values(), &task.query, &KEYS, value) {
        Ok(found) => found,
        Err(reason) => return refusal("E400205", reason),
    };
    let mut answer = answer("S400205", "The contacts were inquired successfully.", StatusType::Success);
    answer.object = listed("contact", total);
    answer.data = rows.into_iter().map(|row| sparse(row).into()).collect();
    answer
}

fn value(row: &SslContact, key: &str) -> Option<String> {
    match key {
        "country" => row.country.clone(),
        "fname" => row.fname.clone(),
        "address" => row.address.first().cloned(),
        "city" => row.city.clone(),
        "created" => time(&row.created),
        "title" => row.title.clone(),
        "lname" => row.lname.clone(),
        "phone" => row.phone.clone(),
        "organization" => row.organization.clone(),
        "state" => row.state.clone(),
        "id" => row.id.map(|id| id.to_string()),
        "fax" => row.fax.clone(),
        "pcode" => row.pcode.clone(),
        "updated" => time(&row.updated),
        "email" => row.email.clone(),
        _ => None,
    }
}

/// A row says less than the contact.
fn sparse(row: &SslContact) -> SslContact {
    SslContact {
        id: row.id,
        fname: row.fname.clone(),
        lname: row.lname.clone(),
        organization: row.organization.clone(),
        owner: row.owner.clone(),
        created: row.created.clone(),
        updated: row.updated.clone(),
        ..SslContact::default()
    }
}
