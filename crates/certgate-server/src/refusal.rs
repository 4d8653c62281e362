//! How a gateway refuses.

use certgate_domain::{AnyData, GenericObject, Message, Protocol, Response, Status, StatusCode, words::StatusType};
use certgate_wire::DecodeError;

/// A refusal with one reason.
pub fn refusal(code: &str, reason: Message) -> Response<AnyData> {
    let status = Status {
        code: Some(StatusCode::new(code)),
        text: Some("Errors occurred during processing.".to_owned()),
        r#type: Some(StatusType::Error),
    };
    Response { stid: None, ctid: None, status, object: None, messages: vec![reason], data: Vec::new() }
}

/// A reason: its code and text, and the type and value of what it is about.
pub fn message(code: &str, text: &str, r#type: &str, value: &str) -> Message {
    Message {
        text: Some(text.to_owned()),
        code: Some(code.to_owned()),
        status: Some(StatusType::Error),
        objects: vec![GenericObject {
            r#type: Some(r#type.to_owned()),
            value: Some(value.to_owned()).filter(|value| !value.is_empty()),
        }],
        ..Message::default()
    }
}

/// The answer to a request that is none of the protocol's (`EF00000`).
pub fn unreadable(protocol: Protocol, why: &DecodeError) -> Response<AnyData> {
    let parser = match protocol {
        Protocol::Xml => "XML parser",
        Protocol::Json => "JSON parser",
    };
    refusal("E00000", message("EF00000", "The request could not be parsed.", parser, &why.to_string()))
}
