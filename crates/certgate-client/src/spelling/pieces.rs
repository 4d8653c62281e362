//! A text made simpler in one pass, piece by piece, and where each of its bytes comes from.

use std::ops::Range;

use crate::escape::{self, quoted_printable};

/// A text put together from pieces of another one. Where its bytes come from is worked out for those that are asked for: few are.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    pub(super) bytes: Vec<u8>,
    pieces: Vec<Piece>,
    /// The length of the other text.
    length: usize,
}

#[derive(Debug)]
struct Piece {
    /// Where it stands.
    at: u32,
    /// Where it comes from.
    from: u32,
    /// Whether all of it comes from one place.
    is_escape: bool,
}

impl Pieces {
    fn of(text: &[u8]) -> Self {
        Self { bytes: Vec::with_capacity(text.len()), pieces: Vec::new(), length: text.len() }
    }

    fn add(&mut self, text: &[u8], range: Range<usize>) {
        self.push(text.get(range.clone()).unwrap_or_default(), range.start, false);
    }

    fn push(&mut self, bytes: &[u8], from: usize, is_escape: bool) {
        if !bytes.is_empty() {
            // No text is longer than a window.
            self.pieces.push(Piece { at: self.bytes.len() as u32, from: from as u32, is_escape });
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Where a byte comes from; behind the last one, the other text's end.
    pub(super) fn origin(&self, at: usize) -> usize {
        if at >= self.bytes.len() {
            return self.length;
        }
        let next = self.pieces.partition_point(|piece| piece.at as usize <= at);
        match next.checked_sub(1).and_then(|last| self.pieces.get(last)) {
            Some(Piece { from, is_escape: true, .. }) => *from as usize,
            Some(piece) => piece.from as usize + (at - piece.at as usize),
            None => at,
        }
    }
}

/// The text with all its escapes undone once. `None` where there is no escape.
pub(super) fn unescaped(text: &[u8]) -> Option<Pieces> {
    let escape = |rest: &[u8]| escape::any(rest).or_else(|| quoted_printable(rest));
    let mut undone: Option<Pieces> = None;
    // Up to `done` it is undone, up to `at` looked at.
    let (mut done, mut at) = (0, 0);
    while let Some(sign) = next(text, at, |byte| matches!(byte, b'%' | b'&' | b'\\' | b'=')) {
        at = sign + 1;
        let Some(unescaped) = escape(text.get(sign..).unwrap_or_default()) else { continue };
        let pieces = undone.get_or_insert_with(|| Pieces::of(text));
        pieces.add(text, done..sign);
        pieces.push(unescaped.bytes(), sign, true);
        (done, at) = (sign + unescaped.length, sign + unescaped.length);
    }
    if let Some(pieces) = &mut undone {
        pieces.add(text, done..text.len());
    }
    undone
}

/// The text without what may break a secret in two: line ends with the blanks around them, and the zero bytes of UTF-16. `None`
/// where there is nothing of the kind.
pub(super) fn squeezed(text: &[u8]) -> Option<Pieces> {
    let mut left: Option<Pieces> = None;
    let mut done = 0;
    while let Some(at) = next(text, done, |byte| matches!(byte, b'\n' | b'\r' | 0)) {
        let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let (before, rest) = (text.get(done..at).unwrap_or_default(), text.get(at..).unwrap_or_default());
        let (before, length) = match rest.first() {
            Some(0) => (0, 1),
            _ => (before.iter().rev().take_while(is_blank).count(), rest.iter().take_while(is_blank).count()),
        };
        left.get_or_insert_with(|| Pieces::of(text)).add(text, done..at - before);
        done = at + length;
    }
    if let Some(pieces) = &mut left {
        pieces.add(text, done..text.len());
    }
    left
}

/// The place of the next byte of that kind. A whole piece at a time is found to have none, which a processor does in few steps.
fn next(text: &[u8], from: usize, is_wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let mut start = from;
    for piece in text.get(from..)?.chunks(64) {
        if piece.iter().fold(false, |found, byte| found | is_wanted(*byte)) {
            return piece.iter().position(|byte| is_wanted(*byte)).map(|at| start + at);
        }
        start += piece.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Pieces, squeezed, unescaped};
    use crate::escape::{any, quoted_printable};

    /// What decides at each byte, one after the other: the bytes that are left, each with its place.
    fn by_bytes(text: &[u8], step: impl Fn(&[u8]) -> (Vec<u8>, usize)) -> Vec<(u8, u32)> {
        let (mut left, mut at) = (Vec::new(), 0);
        while at < text.len() {
            let (bytes, length) = step(&text[at..]);
            left.extend(bytes.into_iter().map(|byte| (byte, at as u32)));
            at += length;
        }
        left
    }

    fn with_origins(pieces: &Pieces, text: &[u8]) -> Vec<(u8, u32)> {
        assert_eq!(pieces.origin(pieces.bytes.len()), text.len());
        pieces.bytes.iter().enumerate().map(|(at, byte)| (*byte, pieces.origin(at) as u32)).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn pieces_are_what_bytes_are(parts in proptest::collection::vec(
            prop_oneof![
                "[a-z ]{0,90}",
                r#"%41|%4|%|&amp;|&#65;|&x|&|\\n|\\u00fc|\\x41|\\344|&uuml;|\\|=41|=4|=| |\t|\r|\n|\r\n|\x00"#,
            ],
            0..24,
        )) {
            let text = parts.concat().into_bytes();
            let undone = by_bytes(&text, |rest| {
                let found = any(rest).or_else(|| quoted_printable(rest));
                found.map_or_else(|| (vec![rest[0]], 1), |found| (found.bytes().to_vec(), found.length))
            });
            let expected = (undone.len() != text.len()).then_some(undone);
            prop_assert_eq!(unescaped(&text).map(|pieces| with_origins(&pieces, &text)), expected);

            let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
            let left = by_bytes(&text, |rest| {
                let blanks: Vec<u8> = rest.iter().take_while(is_blank).copied().collect();
                match blanks.len() {
                    0 if rest[0] == 0 => (Vec::new(), 1),
                    0 => (vec![rest[0]], 1),
                    length if blanks.contains(&b'\n') || blanks.contains(&b'\r') => (Vec::new(), length),
                    _ => (vec![rest[0]], 1),
                }
            });
            let expected = (left.len() != text.len()).then_some(left);
            prop_assert_eq!(squeezed(&text).map(|pieces| with_origins(&pieces, &text)), expected);
        }
    }
}
