//! The streams: data on stdout, everything else on stderr.

use std::{
    borrow::Cow,
    io::{Error, ErrorKind, Write},
    sync::OnceLock,
};

use certgate_wire::is_hidden;
use serde_json::Value;

/// Standard output: what cannot be written is remembered, and nothing is written after it.
#[derive(Debug, Default)]
pub(crate) struct Stdout {
    failed: OnceLock<Error>,
}

impl Stdout {
    /// Prints one JSON document.
    pub(crate) fn print(&self, document: &Value) {
        self.json_piece(&format!("{document:#}\n"));
    }

    /// Prints a piece of a JSON document. What is hidden in its texts is escaped, which says the same.
    pub(crate) fn json_piece(&self, json: &str) {
        self.piece(&with_escapes(json));
    }

    /// Prints a line.
    pub(crate) fn line(&self, text: &str) {
        self.piece(&format!("{text}\n"));
    }

    /// Prints a piece of a document that comes bit by bit.
    pub(crate) fn piece(&self, text: &str) {
        if self.failed.get().is_none()
            && let Err(why) = std::io::stdout().lock().write_all(text.as_bytes())
        {
            let _ = self.failed.set(why);
        }
    }

    /// Whether there is no use in printing more.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.failed.get().is_some()
    }

    /// Sends everything printed on its way; gives why something of it got lost. A closed pipe is the reader's choice.
    pub(crate) fn flush(&self) -> Option<&Error> {
        if let Err(why) = std::io::stdout().flush() {
            let _ = self.failed.set(why);
        }
        self.failed.get().filter(|why| why.kind() != ErrorKind::BrokenPipe)
    }
}

/// JSON in which no character is hidden. Outside of texts only line ends and tabs stand.
fn with_escapes(json: &str) -> Cow<'_, str> {
    let is_escaped = |c: char| is_hidden(c) && !matches!(c, '\n' | '\r' | '\t');
    if !json.contains(is_escaped) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match is_escaped(c) {
            false => escaped.push(c),
            true => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| escaped += &format!("\\u{unit:04x}")),
        }
    }
    Cow::Owned(escaped)
}

/// Says a line on stderr, fit for a terminal. A stderr that nobody reads is the caller's choice.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", printable(text));
}

/// Text for a terminal: what is hidden is made visible; line ends and tabs stay.
pub(crate) fn printable(text: &str) -> String {
    certgate_wire::visible(text).into_owned()
}
