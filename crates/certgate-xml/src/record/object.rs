//! `object`: what an answer or a message is about, by type and value. Its data has another place.

use certgate_domain::ResponseObject;
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out};

pub(crate) fn read_named(parent: &Element<'_, '_>) -> Result<Option<ResponseObject>, DecodeError> {
    parent.block(["object"], |e| {
        Ok(ResponseObject { r#type: e.text(["type"])?, value: e.text(["value"])?, summary: None, data: None })
    })
}

/// Nothing where it has neither.
pub(crate) fn write_named(out: &mut Out<'_>, object: Option<&ResponseObject>) {
    let Some(ResponseObject { r#type, value, summary: _, data: _ }) = object else { return };
    if r#type.is_some() || value.is_some() {
        out.block("object", |out| {
            out.text("type", r#type);
            out.text("value", value);
        });
    }
}
