//! `msg`.

use certgate_domain::{GenericObject, Message};
use certgate_wire::DecodeError;

use crate::{
    element::Element,
    out::{Name, Out},
    record::record,
};

record! {
    Message {
        text: text("text"),
        code: text("code" | "message_code"),
        status: status_type("type"),
        objects: records("object"),
        notice: lines("help" | "notice"),
        messages: records("msg"),
    }
}

record! {
    GenericObject {
        r#type: text("type"),
        value: text("value"),
    }
}

impl Element<'_, '_> {
    /// A text of which each line may be an element.
    fn lines<const N: usize>(&self, names: [&str; N]) -> Result<Option<String>, DecodeError> {
        Ok(Some(self.texts(names)?.join("\n")).filter(|text| !text.is_empty()))
    }
}

impl Out<'_> {
    /// An element a line, unless one would get lost in an element of its own.
    fn lines<'n>(&mut self, name: impl Into<Name<'n>>, text: &Option<String>) {
        let name = name.into();
        let lines: Vec<&str> = text.iter().flat_map(|text| text.split('\n')).collect();
        if lines.iter().any(|line| line.is_empty() || line.trim_ascii() != *line) {
            self.text(name, text);
        } else {
            lines.into_iter().for_each(|line| self.text(name, &Some(line)));
        }
    }
}
