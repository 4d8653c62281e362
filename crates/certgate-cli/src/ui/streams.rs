//! What goes to stderr, and what a terminal may be given.

use std::io::Write;

/// Says a line on stderr, fit for a terminal. A stderr that nobody reads is the caller's choice.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", printable(text));
}

/// Text for a terminal: control characters other than line ends and tabs are shown as `�`.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() && c != '\n' && c != '\t' { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}
