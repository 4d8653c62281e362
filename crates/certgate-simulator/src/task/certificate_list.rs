use certgate_domain::{AnyData, Certificate, Response, SslContact, task::CertificateList};

use crate::{
    list::{Keys, list},
    task::Asked,
    world::{World, time},
};

const KEYS: &Keys<Certificate> = &[
    ("product", |row| row.product.clone()),
    ("technical", |row| contact(&row.technical_contact)),
    ("orderId", |row| row.order_id.clone()),
    ("created", |row| time(&row.created)),
    ("admin", |row| contact(&row.admin_contact)),
    ("type", |row| row.certificate_type.as_ref().map(ToString::to_string)),
    ("expire", |row| time(&row.expire)),
    ("domain", |row| row.domain.clone()),
    ("name", |row| row.name.clone()),
    ("comment", |row| row.comment.clone()),
    ("id", |row| row.id.map(|id| id.to_string())),
    ("updated", |row| time(&row.updated)),
    ("authentication", |row| row.authentication.as_ref()?.method.as_ref().map(ToString::to_string)),
];

pub(super) fn run(world: &mut World, task: &CertificateList, _: &Asked<'_>) -> Response<AnyData> {
    list("400105", "certificate", world.certificates.values(), &task.query, KEYS, |row| sparse(row).into())
}

/// The id of a contact, as the list compares it.
fn contact(contact: &Option<SslContact>) -> Option<String> {
    Some(contact.as_ref()?.id?.to_string())
}

/// A row says less than the certificate.
fn sparse(row: &Certificate) -> Certificate {
    Certificate {
        id: row.id,
        order_id: row.order_id.clone(),
        name: row.name.clone(),
        product: row.product.clone(),
        created: row.created.clone(),
        updated: row.updated.clone(),
        expire: row.expire.clone(),
        comment: row.comment.clone(),
        ..Certificate::default()
    }
}
