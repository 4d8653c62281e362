//! Places in a payload.

use std::fmt;

/// A place in a payload: line and column, both from 1, columns counted in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Place {
    /// The place of a byte offset. A byte order mark at the start takes no column.
    ///
    /// ```
    /// use certgate_wire::Place;
    /// assert_eq!(Place::at("a\nüb".as_bytes(), 4), Place { line: 2, column: 2 });
    /// ```
    pub fn at(body: &[u8], offset: usize) -> Self {
        let before = body.get(..offset.min(body.len())).unwrap_or_default();
        let before = before.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(before);
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let characters = before.get(start..).unwrap_or_default().iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
        Self { line, column: characters + 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn places() {
        for (body, offset, line, column) in [
            ("", 0, 1, 1),
            ("abc", 2, 1, 3),
            ("a\nb", 2, 2, 1),
            ("a\r\nb", 3, 2, 1),
            ("ü x", 3, 1, 3),
            ("\u{feff}ab", 4, 1, 2),
            ("ab", 99, 1, 3),
        ] {
            assert_eq!(Place::at(body.as_bytes(), offset), Place { line, column }, "{body:?} {offset}");
        }
    }
}
