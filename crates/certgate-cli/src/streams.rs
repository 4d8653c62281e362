//! The streams: data on stdout, everything else on stderr; what comes in by stdin or a file.

use std::{
    borrow::Cow,
    io::{Error, ErrorKind, Read, Write},
    path::Path,
    sync::OnceLock,
};

use certgate_store::StoreStatus;
use certgate_wire::is_hidden;
use console::{Term, measure_text_width};
use serde_json::Value;

/// At most the first `limit` bytes of a file, or of standard input for `-`.
///
/// # Errors
/// Why it cannot be read, without the path.
pub(crate) fn input(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    if path != Path::new("-") {
        return certgate_files::read_input(path, limit).map_err(|why| why.reason());
    }
    let mut bytes = Vec::new();
    std::io::stdin().take(limit).read_to_end(&mut bytes).map_err(|why| why.to_string())?;
    Ok(bytes)
}

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
    let terminal = Term::stderr();
    let text = match terminal.is_term() {
        true => fitted(&printable(text), usize::from(terminal.size().1)),
        false => printable(text),
    };
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Lines that are not wider than a terminal, broken between words. What somebody copies stays whole, however long it is: a word, what
/// stands in backticks, a command to its end.
fn fitted(text: &str, width: usize) -> String {
    let line = |line: &str| {
        if measure_text_width(line) <= width {
            return line.to_owned();
        }
        let indent = line.len() - line.trim_start().len();
        let (mut fitted, mut used) = (" ".repeat(indent), indent);
        for (at, word) in whole_words(line.trim_start()).into_iter().enumerate() {
            let wide = measure_text_width(&word);
            if at > 0 && used + 1 + wide > width {
                fitted += &format!("\n{}", " ".repeat(indent + 2));
                used = indent + 2;
            } else if at > 0 {
                fitted.push(' ');
                used += 1;
            }
            fitted += &word;
            used += wide;
        }
        fitted
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// The words of a line, with those of a command as one.
fn whole_words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut is_quoted, mut is_command) = (false, false);
    for word in line.split(' ') {
        match words.last_mut() {
            Some(last) if is_quoted || is_command => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
        is_quoted ^= word.matches('`').count() % 2 == 1;
        is_command = !is_quoted && (is_command || word == "certgate") && !word.ends_with([',', ';', ':', ')', '.']);
    }
    words
}

/// Text for a terminal: what is hidden is made visible; line ends and tabs stay.
pub(crate) fn printable(text: &str) -> String {
    certgate_wire::visible(text).into_owned()
}

/// Says that an older store was brought up to date when it was opened.
pub(crate) fn say_migrated(place: &str, before: i64) {
    say(&format!("certgate: {}", migration(place, before)));
}

/// What was done to an older store, in words.
pub(crate) fn migration(place: &str, before: i64) -> String {
    format!("{place}: the store was brought up to date, from version {before} to {}", StoreStatus::KNOWN)
}

#[cfg(test)]
mod tests {
    use super::fitted;

    #[test]
    fn lines_are_broken_between_words_and_commands_stay_whole() {
        for (text, expected) in [
            ("short", "short"),
            ("certgate: one two three four", "certgate: one two\n  three four"),
            ("  one two three four five six", "  one two three\n    four five six"),
            ("see `certgate resume certgate-1` now", "see\n  `certgate resume certgate-1`\n  now"),
            ("carry on with: certgate resume certgate-1", "carry on with:\n  certgate resume certgate-1"),
            ("a.example. 300 IN TXT \"12345678901234567890\"", "a.example. 300 IN\n  TXT\n  \"12345678901234567890\""),
            ("a\nbb", "a\nbb"),
        ] {
            assert_eq!(fitted(text, 18), expected, "{text}");
        }
    }
}
