//! Reasons and notices inside an answer.

use certgate_domain::{GenericObject, Message};

use crate::record::record;

record! {
    Message {
        text: text("text"),
        notice: text("notice"),
        messages: records("messages"),
        objects: records("objects"),
        code: text("code" | "messageCode"),
        status: status_type("status"),
    }
}

record! {
    GenericObject {
        r#type: text("type"),
        value: text("value"),
    }
}
