//! How the gateway answered.

use certgate_domain::{Status, StatusCode, words::StatusType};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, value::Value};

/// Reads it. Its object, where it stands inside as in XML, is the envelope's to read.
pub(crate) fn read(object: &Object<'_, '_>) -> Result<Status, DecodeError> {
    let code = object.either(&["code", "resultCode"])?.map(Value::text).transpose()?;
    let status =
        Status { code: code.map(StatusCode::new), text: object.text("text")?, r#type: read_type(object, "type")? };
    object.finish();
    Ok(status)
}

pub(crate) fn write(status: &Status, fields: &mut Fields) {
    let Status { code, text, r#type } = status;
    fields.text("code", code.as_ref().map(StatusCode::as_str));
    fields.text("text", text.as_deref());
    fields.word("type", r#type);
}

/// A status's word, in any case.
pub(crate) fn read_type(object: &Object<'_, '_>, name: &str) -> Result<Option<StatusType>, DecodeError> {
    let word = object.word(name)?;
    Ok(word.map(|word| match word {
        StatusType::Other(word) => {
            let known = StatusType::KNOWN.iter().find(|known| known.as_str().eq_ignore_ascii_case(&word));
            known.cloned().unwrap_or(StatusType::Other(word))
        }
        known => known,
    }))
}
