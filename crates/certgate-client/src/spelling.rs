//! Where a text holds a secret, in whatever spelling.
//!
//! One mechanism serves both sides: what is found is taken out, and what is still found withholds a text. The text is looked at
//! as it is and with its escapes undone, of all kinds at once and up to [`LEVELS`] times; each time the secret is looked for as
//! itself, in Base64 (also twice), Base32 and hexadecimal, all of these in UTF-8 and in windows-1252, and as what it becomes when its
//! UTF-8 is read as windows-1252. Line ends within it do not hide it. The time is linear in the text, whatever stands in it.

mod pieces;

use std::{borrow::Cow, ops::Range};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use certgate_domain::wide;

use self::pieces::{Pieces, squeezed, unescaped};

/// How often escapes are undone.
const LEVELS: usize = 4;
/// A text is looked at in windows of that many bytes, so that what is needed beside it stays small.
const WINDOW: usize = 256 * 1024;
/// How far two windows overlap, at least; [`OVERLAP_PER_BYTE`] for each byte of the longest spelling of a secret beyond that.
const OVERLAP: usize = 8 * 1024;
const OVERLAP_PER_BYTE: usize = 64;
/// So far from the start of a needle its pairs of bytes are known: a text is looked at in steps of so many bytes at most.
const FURTHEST: usize = 8;
/// A shorter secret is only looked for as itself: what encodes it stands in any text by chance.
const SHORTEST_ENCODED: usize = 4;

/// The spellings of some secrets.
#[derive(Clone, Default)]
pub(crate) struct Spellings {
    needles: Vec<Needle>,
    /// The two bytes that a needle begins with, and the two after them.
    starts: [Pairs; 2],
    /// The pairs of bytes that are in a needle, up to [`FURTHEST`] from its start.
    near: Pairs,
    /// The lengths of the shortest and the longest needle.
    lengths: Option<(usize, usize)>,
}

#[derive(Clone)]
struct Needle {
    bytes: Vec<u8>,
    name: &'static str,
    /// The length of the secret itself, in bytes.
    secret: usize,
}

/// A place in a text that holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) range: Range<usize>,
    /// How it is spelled, for people.
    pub(crate) name: &'static str,
}

const PLAIN: &str = "as it is";

impl Spellings {
    pub(crate) fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// The most bytes that a spelling of a secret is looked for in.
    pub(crate) fn reach(&self) -> usize {
        OVERLAP.max(self.lengths.map_or(0, |(_, longest)| longest * OVERLAP_PER_BYTE))
    }

    /// Adds a secret.
    pub(crate) fn add(&mut self, secret: &str) {
        let length = secret.len();
        let mut add = |bytes: Vec<u8>, name| self.needle(Needle { bytes, name, secret: length });
        add(without_breaks(secret.as_bytes()), PLAIN);
        // A secret that itself looks like an escape is changed where escapes are undone.
        let mut level = secret.as_bytes().to_vec();
        for _ in 0..LEVELS {
            let Some(Pieces { bytes: undone, .. }) = unescaped(&level) else { break };
            add(without_breaks(&undone), PLAIN);
            level = undone;
        }
        if length < SHORTEST_ENCODED {
            return;
        }
        if secret.contains(' ') {
            add(secret.replace(' ', "+").into_bytes(), PLAIN);
        }
        if !secret.is_ascii() {
            let misread: String = secret.bytes().map(windows_1252).collect();
            add(misread.into_bytes(), "read as windows-1252");
            let misread: String = secret.bytes().map(char::from).collect();
            add(misread.into_bytes(), "read as ISO-8859-1");
        }
        let narrow = in_windows_1252(secret);
        if let Some(narrow) = &narrow {
            add(narrow.clone(), "in windows-1252");
        }
        for bytes in [secret.as_bytes()].into_iter().chain(narrow.as_deref()) {
            for encoded in in_base64(bytes) {
                in_base64(encoded.as_bytes()).for_each(|twice| add(twice.into_bytes(), "Base64"));
                add(encoded.into_bytes(), "Base64");
            }
            for encoded in in_base32(bytes) {
                add(encoded.to_ascii_lowercase().into_bytes(), "Base32");
                add(encoded.into_bytes(), "Base32");
            }
            for separator in ["", ":", "-", " ", ", ", " 0x", ", 0x", ",0x"] {
                let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                let encoded = digits.join(separator);
                add(encoded.to_ascii_uppercase().replace('X', "x").into_bytes(), "hexadecimal");
                add(encoded.into_bytes(), "hexadecimal");
            }
        }
    }

    /// Adds what certainly holds a secret, such as the Base64 of a user and a password.
    pub(crate) fn add_encoded(&mut self, encoded: &str) {
        self.needle(Needle { bytes: encoded.as_bytes().to_vec(), name: "Base64", secret: encoded.len() });
    }

    fn needle(&mut self, needle: Needle) {
        if needle.bytes.is_empty() || self.needles.iter().any(|known| known.bytes == needle.bytes) {
            return;
        }
        for (pairs, at) in self.starts.iter_mut().zip([0, 2]) {
            pairs.add(needle.bytes.get(at).copied(), needle.bytes.get(at + 1).copied());
        }
        let length = needle.bytes.len();
        for at in 0..FURTHEST.min(length - 1).max(1) {
            self.near.add(needle.bytes.get(at).copied(), needle.bytes.get(at + 1).copied());
        }
        let (shortest, longest) = self.lengths.unwrap_or((length, length));
        self.lengths = Some((shortest.min(length), longest.max(length)));
        self.needles.push(needle);
    }

    /// Where the text holds secrets of that many bytes or more: overlapping, in no order.
    pub(crate) fn find(&self, text: &str, shortest: usize) -> Vec<Found> {
        let mut found = Vec::new();
        if self.is_empty() {
            return found;
        }
        let overlap = self.reach();
        let text = text.as_bytes();
        let mut start = 0;
        loop {
            let end = text.len().min(start + WINDOW.max(2 * overlap));
            self.find_in_window(text.get(start..end).unwrap_or_default(), shortest, |range, name| {
                let range = start + range.start..start + range.end;
                found.push(Found { range: whole_characters(text, range), name });
            });
            if end == text.len() {
                return found;
            }
            start = end - overlap;
        }
    }

    fn find_in_window(&self, window: &[u8], shortest: usize, mut call: impl FnMut(Range<usize>, &'static str)) {
        // Each level with the escapes of the one before it undone; the window itself is the first.
        let mut levels: Vec<Pieces> = Vec::new();
        loop {
            let level = levels.last().map_or(window, |level| &level.bytes);
            let squeezed = squeezed(level);
            let text = squeezed.as_ref().map_or(level, |squeezed| &squeezed.bytes);
            self.find_in(text, shortest, |range, needle| {
                let in_level = |at: usize| squeezed.as_ref().map_or(at, |squeezed| squeezed.origin(at));
                let in_window = |at: usize| levels.iter().rev().fold(at, |at, level| level.origin(at));
                let start = in_window(in_level(range.start));
                let end = in_window(in_level(range.end - 1) + 1);
                let name = match (needle.name, levels.len()) {
                    (PLAIN, 0) => PLAIN,
                    (PLAIN, 1) => "escaped",
                    (PLAIN, _) => "escaped more than once",
                    (name, _) => name,
                };
                call(start..end, name);
            });
            let undone = if levels.len() < LEVELS { unescaped(level) } else { None };
            let Some(undone) = undone else { return };
            levels.push(undone);
        }
    }

    fn find_in(&self, text: &[u8], shortest: usize, mut call: impl FnMut(Range<usize>, &Needle)) {
        let [first, second] = &self.starts;
        let byte = |at: usize| text.get(at).copied().unwrap_or_default();
        let may_begin = |at: usize| first.have(byte(at), byte(at + 1)) && second.have(byte(at + 2), byte(at + 3));
        let mut look = |at: usize| {
            let rest = text.get(at..).unwrap_or_default();
            let found =
                self.needles.iter().filter(|needle| needle.secret >= shortest && rest.starts_with(&needle.bytes));
            if let Some(needle) = found.max_by_key(|needle| needle.bytes.len()) {
                call(at..at + needle.bytes.len(), needle);
            }
        };
        // Wherever a needle stands, one of the pairs that are looked at is in it.
        let step = self.lengths.map_or(1, |(shortest, _)| (shortest - 1).clamp(1, FURTHEST));
        for at in (0..text.len()).step_by(step) {
            if self.near.have(byte(at), byte(at + 1)) {
                ((at + 1).saturating_sub(step)..=at).filter(|start| may_begin(*start)).for_each(&mut look);
            }
        }
    }
}

/// A text without what may break a secret in two.
fn without_breaks(text: &[u8]) -> Vec<u8> {
    squeezed(text).map_or_else(|| text.to_vec(), |pieces| pieces.bytes)
}

/// Some pairs of bytes: a bit each.
#[derive(Clone)]
struct Pairs(Box<[u64; 1024]>);

impl Default for Pairs {
    fn default() -> Self {
        Self(Box::new([0; 1024]))
    }
}

impl Pairs {
    /// Adds a pair; one that is not known whole may be any.
    fn add(&mut self, first: Option<u8>, second: Option<u8>) {
        let any = |byte: Option<u8>| byte.map_or(0..=u8::MAX, |byte| byte..=byte);
        for first in any(first) {
            for second in any(second) {
                let (word, bit) = Self::place(first, second);
                if let Some(word) = self.0.get_mut(word) {
                    *word |= bit;
                }
            }
        }
    }

    fn have(&self, first: u8, second: u8) -> bool {
        let (word, bit) = Self::place(first, second);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The bit of a pair, and the word it is in.
    fn place(first: u8, second: u8) -> (usize, u64) {
        let number = usize::from(first) << 8 | usize::from(second);
        (number / 64, 1 << (number % 64))
    }
}

/// A range that cuts no character in pieces.
fn whole_characters(text: &[u8], range: Range<usize>) -> Range<usize> {
    let is_inside = |at: usize| text.get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
    let Range { mut start, mut end } = range;
    while is_inside(start) {
        start -= 1;
    }
    while is_inside(end) {
        end += 1;
    }
    start..end
}

/// What a secret is in Base64 of either alphabet, wherever in what was encoded it stands: without the characters that its
/// neighbours have a part in.
fn in_base64(secret: &[u8]) -> impl Iterator<Item = String> {
    let at = move |before: usize| {
        let bytes = [vec![0; before].as_slice(), secret].concat();
        let own = (before * 8).div_ceil(6)..bytes.len() * 8 / 6;
        [STANDARD_NO_PAD, URL_SAFE_NO_PAD]
            .map(|engine| engine.encode(&bytes).get(own.clone()).unwrap_or_default().to_owned())
    };
    (0..3).flat_map(at).filter(|encoded| encoded.len() >= 4)
}

/// The same in Base32 (RFC 4648, section 6), in capitals.
fn in_base32(secret: &[u8]) -> impl Iterator<Item = String> {
    const ALPHABET: [u8; 32] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let at = move |before: usize| {
        let bytes = [vec![0; before].as_slice(), secret].concat();
        let digit = |number: usize| {
            let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| usize::from(byte >> (7 - at % 8) & 1));
            let value = (0..5).fold(0, |value, offset| value << 1 | bit(number * 5 + offset));
            ALPHABET.get(value).copied().map_or('A', char::from)
        };
        ((before * 8).div_ceil(5)..bytes.len() * 8 / 5).map(digit).collect::<String>()
    };
    (0..5).map(at).filter(|encoded| encoded.len() >= 6)
}

/// The text of a body: UTF-8, UTF-16 or UTF-32 by its first bytes; whatever is none of these is read as windows-1252.
pub(crate) fn readable(body: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(body)
        && !text.contains('\0')
    {
        return Cow::Borrowed(text);
    }
    let in_windows_1252 = || {
        let chunks = body.utf8_chunks();
        chunks
            .flat_map(|chunk| chunk.valid().chars().chain(chunk.invalid().iter().map(|byte| windows_1252(*byte))))
            .collect()
    };
    Cow::Owned(wide(body).unwrap_or_else(in_windows_1252))
}

/// Whether a body is text in UTF-8, UTF-16 or UTF-32, be it one that is cut short. What is compressed is none.
pub(crate) fn is_text(body: &[u8]) -> bool {
    let is_plain = |text: &str| !text.chars().any(|c| c.is_control() && !c.is_ascii_whitespace());
    let is_utf8 = match std::str::from_utf8(body) {
        Ok(text) => is_plain(text),
        Err(why) if why.error_len().is_some() => false,
        Err(why) => body.get(..why.valid_up_to()).is_some_and(|whole| std::str::from_utf8(whole).is_ok_and(is_plain)),
    };
    is_utf8 || wide(body).is_some()
}

/// The bytes of a text in windows-1252; `None` where it has no place for all of it, or is the same in UTF-8.
fn in_windows_1252(text: &str) -> Option<Vec<u8>> {
    let byte = |c: char| (0..=u8::MAX).find(|byte| windows_1252(*byte) == c);
    text.chars().map(byte).collect::<Option<_>>().filter(|_| !text.is_ascii())
}

/// The character of a byte in windows-1252; the five bytes without one are control characters, as browsers read them.
fn windows_1252(byte: u8) -> char {
    certgate_wire::windows_1252(byte).unwrap_or(char::from(byte))
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};

    use super::{OVERLAP, Spellings, WINDOW, readable};

    fn spellings(secret: &str) -> Spellings {
        let mut spellings = Spellings::default();
        spellings.add(secret);
        spellings
    }

    /// Every place that holds the secret, and how it is spelled there, in the order of the text.
    fn found<'t>(text: &'t str, secret: &str) -> Vec<(&'t str, &'static str)> {
        let mut found = spellings(secret).find(text, 1);
        found.sort_by_key(|found| found.range.start);
        found.dedup_by(|one, other| one.range.start < other.range.end);
        found.into_iter().map(|found| (&text[found.range], found.name)).collect()
    }

    #[test]
    fn every_spelling_with_its_place() {
        let secret = "s3cr&t<>:ü]]>";
        let basic = STANDARD.encode(format!("user:{secret}"));
        for (text, expected) in [
            ("a s3cr&t<>:ü]]> b", Some(("s3cr&t<>:ü]]>", "as it is"))),
            ("a s3cr%26t%3c%3E%3A%C3%BC%5D%5D%3E b", Some(("s3cr%26t%3c%3E%3A%C3%BC%5D%5D%3E", "escaped"))),
            ("=s3cr&amp;t&lt;&#62;:&#xFC;]]&gt;;", Some(("s3cr&amp;t&lt;&#62;:&#xFC;]]&gt;", "escaped"))),
            ("\\u0073\\u0033cr&t<>:\\u00fc]]>\\", Some(("\\u0073\\u0033cr&t<>:\\u00fc]]>", "escaped"))),
            ("\\x733cr&t<>:\\xc3\\xbc]]>", Some(("\\x733cr&t<>:\\xc3\\xbc]]>", "escaped"))),
            ("x s3cr&t<>:=C3=BC=\n]]=3E.", Some(("s3cr&t<>:=C3=BC=\n]]=3E", "escaped"))),
            (
                "s3cr&amp;amp;t&amp;lt;&amp;gt;:ü]]&amp;gt;",
                Some(("s3cr&amp;amp;t&amp;lt;&amp;gt;:ü]]&amp;gt;", "escaped more than once")),
            ),
            (
                "s3cr%2526t%253c&gt;:\\u00fc]]&#x0000000003E;",
                Some(("s3cr%2526t%253c&gt;:\\u00fc]]&#x0000000003E;", "escaped more than once")),
            ),
            ("a s3cr\r\n  &t<>\n:ü]]> b", Some(("s3cr\r\n  &t<>\n:ü]]>", "as it is"))),
            ("a s3cr\\n&t<>:ü]]> b", Some(("s3cr\\n&t<>:ü]]>", "escaped"))),
            ("s3cr&t<>:Ã¼]]>", Some(("s3cr&t<>:Ã¼]]>", "read as windows-1252"))),
            ("x czNjciZ0PD46w7xdXT4=", Some(("czNjciZ0PD46w7xdXT", "Base64"))),
            ("c: czNjciZ0\r\n  PD46w7xdXT4=", Some(("czNjciZ0\r\n  PD46w7xdXT", "Base64"))),
            ("czNjciZ0PD46w7xd\\nXT4=", Some(("czNjciZ0PD46w7xd\\nXT", "Base64"))),
            ("733363722674 3c3e3ac3bc5d5d3e", None),
            ("x 7333637226743c3e3ac3bc5d5d3e", Some(("7333637226743c3e3ac3bc5d5d3e", "hexadecimal"))),
            (
                "73:33:63:72:26:74:3C:3E:3A:C3:BC:5D:5D:3E",
                Some(("73:33:63:72:26:74:3C:3E:3A:C3:BC:5D:5D:3E", "hexadecimal")),
            ),
            ("OMZWG4RGOQ6D4OWDXROV2PQ=", Some(("OMZWG4RGOQ6D4OWDXROV2P", "Base32"))),
            ("s3cr t", None),
            ("s3cr &t<>:ü]]>", None),
            ("", None),
        ] {
            assert_eq!(found(text, secret).first().copied(), expected, "{text}");
        }
        assert_eq!(found(&basic, secret).first().unwrap().1, "Base64");
    }

    /// A secret that looks like an escape itself, one with a blank, one character.
    #[test]
    fn odd_secrets() {
        for (secret, text, expected) in [
            ("a%41b&c", "x a%41b&amp;c", Some("escaped")),
            ("a%41b&c", "a%2541b&c", Some("escaped")),
            ("pass word", "?p=pass+word", Some("as it is")),
            ("x", "axb", Some("as it is")),
            ("x", "a&#120;b", Some("escaped")),
            ("ßi", "ÃŸi", None),
            ("größe", "grÃ¶ÃŸe", Some("read as windows-1252")),
            // Named, and as other programs and languages escape.
            ("pä§s\"€", "p&auml;&sect;s&quot;&euro;", Some("escaped")),
            ("a!b~$c`{ü", "a&excl;b&tilde;&dollar;c&grave;&lcub;&uuml;", None),
            ("a!b$c`{ü", "a&excl;b&dollar;c&grave;&lcub;&uuml;", Some("escaped")),
            ("p§ss", "p&amp;sect;ss", Some("escaped more than once")),
            ("p§ss", r"p\302\247ss", Some("escaped")),
            ("p§ss", r"p\u{a7}ss, p\u{00A7}s", Some("escaped")),
            ("p§ss", r"p\x{a7}ss", Some("escaped")),
            ("p§ss", r"p\U000000a7ss", Some("escaped")),
            ("p§ss", "p%u00A7ss", Some("escaped")),
            // In windows-1252, which ISO-8859-1 is a part of.
            ("p§ss€", "p%A7ss%80", Some("in windows-1252")),
            ("p§ss", r"p\247ss", Some("in windows-1252")),
            ("p§ss", "x cKdzcw==", Some("Base64")),
            ("p§ss", "70a77373", Some("hexadecimal")),
            ("p§ss", "70C2A77373", Some("hexadecimal")),
            ("pσss", "p\u{c3}ss", None),
            ("p§ss", &STANDARD.encode(STANDARD.encode("p§ss")), Some("Base64")),
            ("p§ss", &STANDARD.encode(format!("u {}", STANDARD.encode(b"u:p\xA7ss"))), Some("Base64")),
        ] {
            assert_eq!(found(text, secret).first().map(|(_, name)| *name), expected, "{text}");
        }
    }

    /// What stands across the end of a window is found once the next one begins before it.
    #[test]
    fn windows_overlap() {
        for before in [WINDOW - 40, WINDOW - OVERLAP - 3, WINDOW, 3 * WINDOW - 7] {
            let text = format!("{}\u{fc}s3cr%65t\u{fc}{}", "ü".repeat(before / 2), "ü".repeat(WINDOW));
            assert_eq!(found(&text, "s3cret"), [("s3cr%65t", "escaped")], "{before}");
        }
    }

    #[test]
    fn bodies_in_other_encodings() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let other = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
        let wider = |text: &str| text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect::<Vec<_>>();
        for (body, expected) in [
            ("<a>ü</a>".as_bytes().to_vec(), "<a>ü</a>"),
            ([vec![0xFF, 0xFE], wide("<a>ü€😀")].concat(), "<a>ü€😀"),
            ([vec![0xFE, 0xFF], other("<a>ü")].concat(), "<a>ü"),
            (wide("<a>ü"), "<a>ü"),
            (other("<a>ü"), "<a>ü"),
            (wider("<a>ü"), "<a>ü"),
            ([vec![0xFF, 0xFE, 0, 0], wider("ü")].concat(), "ü"),
            (b"gr\xF6\xDFe \x80".to_vec(), "größe €"),
        ] {
            assert_eq!(readable(&body), expected, "{body:?}");
        }
    }

    #[test]
    fn wherever_it_stands_and_however_long_it_is() {
        for length in 1..20 {
            let secret: String = ('a'..='z').take(length).collect();
            for (before, after) in (0..30).flat_map(|before| [(before, 0), (before, 1), (before, 30)]) {
                let text = format!("{}{secret}{}", "-".repeat(before), "-".repeat(after));
                let mut places: Vec<_> =
                    spellings(&secret).find(&text, 1).into_iter().map(|found| found.range).collect();
                places.dedup();
                assert_eq!(places, vec![before..before + length; 1], "{text}");
            }
        }
    }
}
