//! What goes to stderr, and what a terminal may be given.

use std::io::Write;

/// Says a line on stderr, fit for a terminal. A stderr that nobody reads is the caller's choice.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", printable(text));
}

/// Text for a terminal: what is hidden is made visible; line ends and tabs stay.
pub(crate) fn printable(text: &str) -> String {
    certgate_wire::visible(text).into_owned()
}
