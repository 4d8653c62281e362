//! How a gateway refuses.

use certgate_domain::{
    AnyData, GenericObject, Message, Protocol, Response, Status, StatusCode, TaskKind, words::StatusType,
};
use certgate_wire::{Codec, DecodeError, Reply};

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

/// How a request is turned away that nobody handles, in the form of that protocol.
pub fn turned_away(codec: &dyn Codec, status: u16, why: &str) -> Reply {
    let reason = message(&own_code(status), why, "http", &status.to_string());
    let reply = codec.encode_responses(&[(TaskKind::Hello, refusal("E00000", reason))]).payload;
    Reply { status, ..reply }
}

/// The code of a reason of our own, after the HTTP status that means the same. The vendor's have digits only after `EF`.
pub fn own_code(status: u16) -> String {
    format!("EFCG{status}")
}
