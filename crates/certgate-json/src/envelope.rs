//! The envelope of an answer.

use certgate_domain::{AnyData, Response, Status};
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    object::{Object, Read},
    record::Record,
    task,
};

pub(crate) fn read(object: &Object<'_, '_>, data: Read<AnyData>) -> Result<Response<AnyData>, DecodeError> {
    let Some(status_field) = object.field("status") else {
        let names: Vec<String> = object.names().take(5).collect();
        let found = if names.is_empty() { "nothing".to_owned() } else { format!("only {}", names.join(", ")) };
        return Err(object.value().refuse(found, "an answer with its `status`"));
    };
    let inside = status_field.object()?;
    // Its place in XML; some JSON answers have it there, too.
    let object_inside = inside.field("object");
    let status = status_field.record(Status::read)?;
    if status.verdict().is_none() {
        let said = [status.code.as_ref().map(|code| code.as_str()), status.r#type.as_ref().map(|word| word.as_str())];
        let said: Vec<String> = said.into_iter().flatten().map(certgate_wire::excerpt).collect();
        let found = if said.is_empty() { "neither code nor type".to_owned() } else { said.join(", ") };
        return Err(status_field.refuse(found, "a code such as `S400104`, or a type such as `SUCCESS`"));
    }
    let about = match (object.field("object"), object_inside) {
        (Some(_), Some(again)) => return Err(again.refuse("a second object", "one object")),
        (about, None) | (None, about) => about,
    };
    let response = Response {
        stid: object.text(["stid"])?,
        ctid: object.text(["ctid"])?,
        status,
        object: about.map(|about| about.record(Record::read)).transpose()?,
        messages: object.records(["messages"])?,
        data: object.items(["data"])?.map(|item| item.record(data)).collect::<Result<_, _>>()?,
    };
    object.finish();
    Ok(response)
}

/// Says whether there is any data.
pub(crate) fn write(response: &Response<AnyData>, fields: &mut Fields) -> bool {
    let Response { stid, ctid, status, object, messages, data } = response;
    fields.text("stid", stid);
    fields.text("ctid", ctid);
    fields.object("status", |fields| status.write(fields));
    fields.record("object", object);
    fields.records("messages", messages);
    fields.list("data", data, task::write_data)
}
