use certgate_domain::{AnyData, Response, SslContact, task::ContactList};

use crate::{
    list::{Keys, list},
    task::Asked,
    world::{World, time},
};

const KEYS: &Keys<SslContact> = &[
    ("country", |row| row.country.clone()),
    ("fname", |row| row.fname.clone()),
    ("address", |row| row.address.first().cloned()),
    ("city", |row| row.city.clone()),
    ("created", |row| time(&row.created)),
    ("title", |row| row.title.clone()),
    ("lname", |row| row.lname.clone()),
    ("phone", |row| row.phone.clone()),
    ("organization", |row| row.organization.clone()),
    ("state", |row| row.state.clone()),
    ("id", |row| row.id.map(|id| id.to_string())),
    ("fax", |row| row.fax.clone()),
    ("pcode", |row| row.pcode.clone()),
    ("updated", |row| time(&row.updated)),
    ("email", |row| row.email.clone()),
];

pub(super) fn run(world: &mut World, task: &ContactList, _: &Asked<'_>) -> Response<AnyData> {
    list("400205", "contact", world.contacts.values(), &task.query, KEYS, |row| sparse(row).into())
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
