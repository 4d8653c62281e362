//! Refusals of payloads.

use crate::{Position, one_line};

/// Why a payload was refused: what was found, where, and what was expected. It quotes at most a short excerpt of the payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: found {found}, expected {expected}", place.map(|place| format!("{place}: ")).unwrap_or_default(), one_line(path))]
pub struct DecodeError {
    /// Line and column; `None` if there is no text to point at.
    pub place: Option<Position>,
    /// The path of names down to the place.
    pub path: String,
    /// What was found.
    pub found: String,
    /// What was expected.
    pub expected: String,
}

impl DecodeError {
    /// Creates a refusal without a position.
    pub fn new(path: impl Into<String>, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { place: None, path: path.into(), found: found.into(), expected: expected.into() }
    }

    /// Sets the position to a byte offset of the body.
    #[must_use]
    pub fn at(mut self, body: &[u8], offset: usize) -> Self {
        self.place = Some(Position::at(body, offset));
        self
    }
}

/// The start of a text for an error: at most 40 characters in one line, what is hidden made visible, in backquotes.
///
/// ```
/// assert_eq!(certgate_wire::excerpt("a\u{1b}b\n"), "`a<U+001B>b␊`");
/// ```
pub fn excerpt(text: &str) -> String {
    const LONGEST: usize = 40;
    let start: String = text.chars().take(LONGEST).collect();
    let mut shown = one_line(&start).into_owned();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}
