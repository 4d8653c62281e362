//! A further name of a certificate.

use certgate_domain::SubjectAlternativeName;
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, tree::Kind, value::Value};

/// All of them, under today's name or that of old payloads, where they are plain names.
pub(crate) fn read_all(object: &Object<'_, '_>) -> Result<Vec<SubjectAlternativeName>, DecodeError> {
    let Some(names) = object.either(&["subjectAlternativeNames", "san"])? else { return Ok(Vec::new()) };
    names
        .items()
        .map(|item| match item.kind() {
            Kind::Text(_) => item.text().map(SubjectAlternativeName::new),
            _ => item.record(read),
        })
        .collect()
}

fn read(object: &Object<'_, '_>) -> Result<SubjectAlternativeName, DecodeError> {
    let record = SubjectAlternativeName {
        created: object.moment("created")?,
        updated: object.moment("updated")?,
        r#type: object.word("type")?,
        ssl_certificate_id: object.integer("sslCertificateId")?,
        name: object.text("name")?,
        approver_email: object.either(&["approverEmail", "appoverEmail"])?.map(Value::text).transpose()?,
        order_id: object.text("orderId")?,
        free: object.boolean("free")?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write(record: &SubjectAlternativeName, fields: &mut Fields) {
    let SubjectAlternativeName { created, updated, r#type, ssl_certificate_id, name, approver_email, order_id, free } =
        record;
    fields.moment("created", created);
    fields.moment("updated", updated);
    fields.word("type", r#type);
    fields.integer("sslCertificateId", *ssl_certificate_id);
    fields.text("name", name.as_deref());
    fields.text("approverEmail", approver_email.as_deref());
    fields.text("orderId", order_id.as_deref());
    fields.boolean("free", free);
}
