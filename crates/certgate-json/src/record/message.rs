//! Reasons and notices inside an answer.

use certgate_domain::{GenericObject, Message};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::status, value::Value};

pub(crate) fn read(object: &Object<'_, '_>) -> Result<Message, DecodeError> {
    let record = Message {
        text: object.text("text")?,
        notice: object.text("notice")?,
        messages: object.records("messages", read)?,
        objects: object.records("objects", read_object)?,
        code: object.either(&["code", "messageCode"])?.map(Value::text).transpose()?,
        status: status::read_type(object, "status")?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write(record: &Message, fields: &mut Fields) {
    let Message { text, notice, messages, objects, code, status } = record;
    fields.text("text", text.as_deref());
    fields.text("notice", notice.as_deref());
    fields.records("messages", messages, write);
    fields.records("objects", objects, write_object);
    fields.text("code", code.as_deref());
    fields.word("status", status);
}

pub(crate) fn read_object(object: &Object<'_, '_>) -> Result<GenericObject, DecodeError> {
    let record = GenericObject { r#type: object.text("type")?, value: object.text("value")? };
    object.finish();
    Ok(record)
}

pub(crate) fn write_object(record: &GenericObject, fields: &mut Fields) {
    let GenericObject { r#type, value } = record;
    fields.text("type", r#type.as_deref());
    fields.text("value", value.as_deref());
}
