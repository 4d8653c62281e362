//! `msg`.

use certgate_domain::{GenericObject, Message, words::StatusType};
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out};

pub(crate) fn read(e: &Element<'_, '_>) -> Result<Message, DecodeError> {
    let mut help = e.texts("help")?;
    help.extend(e.texts("notice")?);
    Ok(Message {
        text: e.text("text")?,
        notice: Some(help.join("\n")).filter(|text| !text.is_empty()),
        messages: e.records("msg", read)?,
        objects: e.records("object", read_object)?,
        code: e.text_of(&["code", "message_code"])?,
        status: read_type(e, "type")?,
    })
}

fn read_object(e: &Element<'_, '_>) -> Result<GenericObject, DecodeError> {
    Ok(GenericObject { r#type: e.text("type")?, value: e.text("value")? })
}

/// A status type: lower case in XML, one word in the domain.
pub(crate) fn read_type(e: &Element<'_, '_>, name: &str) -> Result<Option<StatusType>, DecodeError> {
    Ok(e.text(name)?.map(|word| match StatusType::from(word.to_ascii_uppercase().as_str()) {
        StatusType::Other(_) => StatusType::Other(word),
        known => known,
    }))
}

/// Writes it; `field` is its name in JSON.
pub(crate) fn write_type(out: &mut Out<'_>, field: &str, r#type: Option<&StatusType>) {
    match r#type {
        Some(StatusType::Other(word)) => out.text_as("type", field, Some(word)),
        Some(known) => out.text("type", Some(&known.as_str().to_ascii_lowercase())),
        None => {}
    }
}

pub(crate) fn write(out: &mut Out<'_>, record: &Message) {
    let Message { text, notice, messages, objects, code, status } = record;
    out.text("text", text.as_deref());
    out.text("code", code.as_deref());
    write_type(out, "status", status.as_ref());
    out.within("objects", |out| {
        out.items(objects, |out, object| out.element("object", |out| write_object(out, object)))
    });
    // A line each, unless one would get lost in an element of its own.
    let lines: Vec<&str> = notice.iter().flat_map(|notice| notice.split('\n')).collect();
    if lines.iter().any(|line| line.is_empty() || line.trim_ascii() != *line) {
        out.text("help", notice.as_deref());
    } else {
        lines.into_iter().for_each(|line| out.text("help", Some(line)));
    }
    out.records("msg", messages, write);
}

fn write_object(out: &mut Out<'_>, record: &GenericObject) {
    let GenericObject { r#type, value } = record;
    out.text("type", r#type.as_deref());
    out.text("value", value.as_deref());
}
