//! What an answer or a message is about.

use certgate_domain::{ObjectData, ResponseObject};
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    object::Object,
    record::{Record, foreign},
};

/// By hand: the type decides whether `data` is a record of ours.
impl Record for ResponseObject {
    fn read(object: &Object<'_, '_>) -> Result<Self, DecodeError> {
        let r#type = object.text(["type"])?;
        let is_certificate = r#type.as_deref().is_some_and(Self::is_certificate);
        let record = Self {
            value: object.text(["value"])?,
            summary: object.integer(["summary"])?,
            data: if is_certificate {
                object.record(["data"])?.map(ObjectData::Certificate)
            } else {
                object.foreign(["data"])?.map(ObjectData::Foreign)
            },
            r#type,
        };
        object.finish();
        Ok(record)
    }

    fn write(&self, fields: &mut Fields) {
        let Self { r#type, value, summary, data } = self;
        fields.text("type", r#type);
        fields.text("value", value);
        fields.integer("summary", summary);
        match data {
            Some(ObjectData::Certificate(data)) => fields.object("data", |fields| data.write(fields)),
            Some(ObjectData::Foreign(data)) => fields.put("data", &foreign::write(data)),
            None => {}
        }
    }
}
