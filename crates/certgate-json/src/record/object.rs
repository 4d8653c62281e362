//! What an answer or a message is about.

use certgate_domain::{ObjectData, ResponseObject};
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    object::Object,
    record::{certificate, foreign},
};

pub(crate) fn read(object: &Object<'_, '_>) -> Result<ResponseObject, DecodeError> {
    let r#type = object.text("type")?;
    let is_certificate = r#type.as_deref().is_some_and(ResponseObject::is_certificate);
    let record = ResponseObject {
        value: object.text("value")?,
        summary: object.integer("summary")?,
        data: match object.field("data") {
            Some(data) if is_certificate => Some(ObjectData::Certificate(Box::new(data.record(certificate::read)?))),
            Some(data) => foreign::read(data)?.map(ObjectData::Foreign),
            None => None,
        },
        r#type,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write(record: &ResponseObject, fields: &mut Fields) {
    let ResponseObject { r#type, value, summary, data } = record;
    fields.text("type", r#type.as_deref());
    fields.text("value", value.as_deref());
    fields.integer("summary", *summary);
    match data {
        Some(ObjectData::Certificate(data)) => fields.record("data", Some(&**data), certificate::write),
        Some(ObjectData::Foreign(data)) => fields.put("data", foreign::write(data)),
        None => {}
    }
}
