//! A secret that cannot be printed.

use std::fmt;

use zeroize::Zeroize;

use crate::decoded;

/// A password, session or token. It has no `Display`, its `Debug` says nothing of it, and its memory is cleared when it is
/// dropped.
///
/// ```
/// use certgate_domain::Secret;
/// let password = Secret::new("hunter2");
/// assert_eq!(format!("{password:?}"), "Secret(…)");
/// assert_eq!(password.expose(), "hunter2");
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Takes the text in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The first line of what a file holds or a command prints, as editors and shells write it: in UTF-8, UTF-16 or UTF-32, whose
    /// byte order mark is no part of it; the line ends with LF, CRLF, CR or the text.
    ///
    /// `None`: it is none of these.
    ///
    /// ```
    /// use certgate_domain::Secret;
    /// assert_eq!(Secret::first_line(b"\xEF\xBB\xBFhunter2\r\n").unwrap().expose(), "hunter2");
    /// ```
    pub fn first_line(text: &[u8]) -> Option<Self> {
        let text = decoded(text);
        let is_damaged = text.contains(char::REPLACEMENT_CHARACTER);
        text.split(['\r', '\n']).next().filter(|_| !is_damaged).map(Self::new)
    }

    /// The text itself: for the wire, and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn the_first_line_as_it_is_written() {
        let utf16 = |text: &str, unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        for (text, expected) in [
            (b"geheim".to_vec(), Some("geheim")),
            (b"geheim\nmore".to_vec(), Some("geheim")),
            (b"geheim\r\n".to_vec(), Some("geheim")),
            (b"geheim\rmore".to_vec(), Some("geheim")),
            (b" ge heim \n".to_vec(), Some(" ge heim ")),
            ("\u{FEFF}geheim ü\n".into(), Some("geheim ü")),
            ("ge\u{FEFF}heim".into(), Some("ge\u{FEFF}heim")),
            (utf16("\u{FEFF}geheim ü😀\r\n", u16::to_le_bytes), Some("geheim ü😀")),
            (utf16("\u{FEFF}geheim ü😀\r\n", u16::to_be_bytes), Some("geheim ü😀")),
            (utf16("geheim ü", u16::to_le_bytes), Some("geheim ü")),
            ("geheim ü".chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect(), Some("geheim ü")),
            (Vec::new(), Some("")),
            (b"\xFF\xFEa".to_vec(), None),
            (b"\xFE\xFF\xD8\x00\x00a".to_vec(), None),
            (b"geheim \xFC\n".to_vec(), None),
        ] {
            assert_eq!(Secret::first_line(&text).as_ref().map(Secret::expose), expected, "{text:?}");
        }
    }
}
