//! Reasons and notices inside an answer.

use crate::words::StatusType;

/// A reason or notice (OpenAPI `Message`; XML `msg`). An `EF…` code names a reason for refusal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// Its text. Language and wording vary: never decide by it.
    pub text: Option<String>,
    /// Further help (XML `help`; several are lines).
    pub notice: Option<String>,
    /// Nested messages.
    pub messages: Vec<Message>,
    /// What it refers to.
    pub objects: Vec<GenericObject>,
    /// Its code, such as `EF01000` (`messageCode` in 2018).
    pub code: Option<String>,
    /// Its type (XML `type`).
    pub status: Option<StatusType>,
}

impl Message {
    /// This message and all nested in it, outermost first.
    pub fn walk(&self) -> impl Iterator<Item = &Message> {
        let mut open = vec![self];
        std::iter::from_fn(move || {
            let next = open.pop()?;
            open.extend(next.messages.iter().rev());
            Some(next)
        })
    }
}

/// What a message refers to (OpenAPI `GenericObject`; XML `object`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GenericObject {
    /// Its type, for a wrong field the path: `request.auth.context`.
    pub r#type: Option<String>,
    /// Its value.
    pub value: Option<String>,
}
