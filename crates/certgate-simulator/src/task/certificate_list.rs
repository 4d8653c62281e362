use certgate_domain::{AnyData, Certificate, Response, task::CertificateList, words::StatusType};

use crate::{
    list::select,
    task::Asked,
    world::{World, answer, listed, refusal, time},
};

const KEYS: [&str; 13] = [
    "product",
    "technical",
    "orderId",
    "created",
    "admin",
    "type",
    "expire",
    "domain",
    "name",
    "comment",
    "id",
    "updated",
    "authentication",
];

pub(super) fn run(world: &mut World, task: &CertificateList, _: &Asked<'_>) -> Response<AnyData> {
    let (total, rows) = match select(world.certificates.values(), &task.query, &KEYS, value) {
        Ok(found) => found,
        Err(reason) => return refusal("E400105", reason),
    };
    let mut answer = answer("S400105", "The certificates were inquired successfully.", StatusType::Success);
    answer.object = listed("certificate", total);
    answer.data = rows.into_iter().map(|row| sparse(row).into()).collect();
    answer
}

fn value(row: &Certificate, key: &str) -> Option<String> {
    let contact = |contact: &Option<certgate_domain::SslContact>| Some(contact.as_ref()?.id?.to_string());
    match key {
        "product" => row.product.clone(),
        "technical" => contact(&row.technical_contact),
        "orderId" => row.order_id.clone(),
        "created" => time(&row.created),
        "admin" => contact(&row.admin_contact),
        "type" => row.certificate_type.as_ref().map(ToString::to_string),
        "expire" => time(&row.expire),
        "domain" => row.domain.clone(),
        "name" => row.name.clone(),
        "comment" => row.comment.clone(),
        "id" => row.id.map(|id| id.to_string()),
        "updated" => time(&row.updated),
        "authentication" => row.authentication.as_ref()?.method.as_ref().map(ToString::to_string),
        _ => None,
    }
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
