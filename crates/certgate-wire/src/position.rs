//! Positions in a payload.

use std::fmt;

/// A position in a payload: line and column, both from 1. Columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Position {
    /// The position of a byte offset. A byte order mark at the start does not count as a column.
    ///
    /// ```
    /// use certgate_wire::Position;
    /// assert_eq!(Position::at("a\nüb".as_bytes(), 4), Position { line: 2, column: 2 });
    /// ```
    pub fn at(body: &[u8], offset: usize) -> Self {
        let before = body.get(..offset.min(body.len())).unwrap_or_default();
        let before = before.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(before);
        Self { line: 1, column: 1 }.after(before)
    }

    /// The position after further bytes. Computes several positions of one body, each from the previous one.
    #[must_use]
    pub fn after(self, bytes: &[u8]) -> Self {
        let characters = |bytes| count(bytes, |byte| (byte & 0xC0) != 0x80);
        match bytes.iter().rposition(|byte| *byte == b'\n') {
            None => Self { column: self.column + characters(bytes), ..self },
            Some(last) => Self {
                line: self.line + count(bytes, |byte| byte == b'\n'),
                column: 1 + characters(bytes.get(last + 1..).unwrap_or_default()),
            },
        }
    }
}

/// Counts the bytes that `is_such` accepts. The counters of a chunk are bytes, so the compiler can use vector instructions.
fn count(bytes: &[u8], is_such: impl Fn(u8) -> bool) -> usize {
    let in_chunk = |chunk: &[u8]| chunk.iter().map(|byte| u8::from(is_such(*byte))).sum::<u8>();
    bytes.chunks(128).map(|chunk| usize::from(in_chunk(chunk))).sum()
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::Position;

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
            assert_eq!(Position::at(body.as_bytes(), offset), Position { line, column }, "{body:?} {offset}");
        }
    }
}
