//! Scans the scalars of JSON: texts and numbers.

use std::borrow::Cow;

use certgate_wire::excerpt;

/// Why a scalar is malformed, and at which byte.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) found: String,
    pub(crate) expected: &'static str,
}

impl Fault {
    pub(crate) fn new(at: usize, found: impl Into<String>, expected: &'static str) -> Self {
        Self { at, found: found.into(), expected }
    }
}

/// What a truncated payload is said to have.
pub(crate) const END: &str = "the end of the text";

/// A text between its quotes, not yet unescaped: most are never read. Its escapes have been checked.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Raw<'a> {
    raw: &'a str,
    escaped: bool,
}

/// The range of a [`Raw`] in its payload. Stored instead of it, because it is smaller.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span {
    start: u32,
    /// The highest bit says whether something is escaped.
    length: u32,
}

impl Span {
    const ESCAPED: u32 = 1 << 31;

    pub(crate) fn new(start: usize, length: usize) -> Self {
        Self { start: start as u32, length: length as u32 }
    }

    pub(crate) fn of(raw: Raw<'_>, text: &str) -> Self {
        if raw.raw.is_empty() {
            return Self::default();
        }
        let start = (raw.raw.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let span = Self::new(start, raw.raw.len());
        if raw.escaped { Self { length: span.length | Self::ESCAPED, ..span } } else { span }
    }

    pub(crate) fn slice(self, text: &str) -> &str {
        let start = self.start as usize;
        text.get(start..start + (self.length & !Self::ESCAPED) as usize).unwrap_or_default()
    }

    /// Whether it may be that name, by its length alone: cheaper than to look at the payload.
    pub(crate) fn may_be(self, name: &str) -> bool {
        self.length as usize == name.len() || self.length & Self::ESCAPED != 0
    }

    pub(crate) fn raw(self, text: &str) -> Raw<'_> {
        Raw { raw: self.slice(text), escaped: self.length & Self::ESCAPED != 0 }
    }
}

impl<'a> Raw<'a> {
    pub(crate) fn is(self, name: &str) -> bool {
        if self.escaped { self.text() == name } else { self.raw == name }
    }

    /// A bit for a name. If it is not set in the marks of an object, the object has no field of that name; so absent fields, which
    /// are the most, cost no comparison.
    pub(crate) fn mark(self) -> u64 {
        if self.escaped { u64::MAX } else { mark(self.raw) }
    }

    /// The text itself, borrowed where nothing in it is escaped.
    pub(crate) fn text(self) -> Cow<'a, str> {
        if !self.escaped {
            return Cow::Borrowed(self.raw);
        }
        let mut text = String::with_capacity(self.raw.len());
        let mut rest = self.raw;
        loop {
            // Neither quotes nor control characters stand in it, so a run ends at a backslash.
            let (run, escaped) = rest.split_at(run_to_backslash(rest.as_bytes()));
            text.push_str(run);
            if escaped.is_empty() {
                return Cow::Owned(text);
            }
            match escape(escaped.as_bytes()) {
                Ok((character, length)) => {
                    text.push(character);
                    rest = escaped.get(length..).unwrap_or_default();
                }
                // Not reached: the escapes were checked.
                Err(_) => rest = escaped.get(1..).unwrap_or_default(),
            }
        }
    }
}

/// See [`Raw::mark`].
#[inline]
pub(crate) fn mark(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let byte = |at: usize| bytes.get(at).map_or(0, |byte| usize::from(*byte));
    1 << ((bytes.len() * 5 + byte(0) + byte(bytes.len() / 2) * 3 + byte(bytes.len().wrapping_sub(2)) * 7) % 64)
}

/// Scans the text whose opening quote is at that byte. Returns it with the index after its closing quote.
pub(crate) fn string(text: &str, quote: usize) -> Result<(Raw<'_>, usize), Fault> {
    let bytes = text.as_bytes();
    let start = quote + 1;
    let mut at = start;
    let mut escaped = false;
    loop {
        at += plain_run(bytes.get(at..).unwrap_or_default());
        match bytes.get(at) {
            None => return Err(Fault::new(at, END, "the closing quote of a text")),
            Some(b'"') => {
                let raw = text.get(start..at).unwrap_or_default();
                return Ok((Raw { raw, escaped }, at + 1));
            }
            Some(b'\\') => {
                escaped = true;
                match escape(bytes.get(at..).unwrap_or_default()) {
                    Ok((character, _)) if is_forbidden(character) => return Err(control(at, character)),
                    Ok((_, length)) => at += length,
                    Err(BadEscape::Cut) => return Err(Fault::new(bytes.len(), END, "the closing quote of a text")),
                    Err(BadEscape::HalfPair) => {
                        return Err(Fault::new(at, "half of a surrogate pair", "a whole character"));
                    }
                    Err(BadEscape::Unknown) => {
                        let shown: String = text.get(at..).unwrap_or_default().chars().take(2).collect();
                        return Err(Fault::new(at, excerpt(&shown), "an escape such as `\\n` or `\\u00fc`"));
                    }
                }
            }
            Some(&byte) => return Err(control(at, char::from(byte))),
        }
    }
}

fn control(at: usize, character: char) -> Fault {
    let found = format!("the control character U+{:04X}", u32::from(character));
    Fault::new(at, found, "a text without control characters")
}

fn is_forbidden(character: char) -> bool {
    character < ' ' && !matches!(character, '\t' | '\n' | '\r')
}

/// The number of bytes before the next quote, backslash or control character.
#[inline]
pub(crate) fn plain_run(bytes: &[u8]) -> usize {
    run(
        bytes,
        |word| equal(word, b'"') | equal(word, b'\\') | below_space(word),
        |byte| matches!(byte, b'"' | b'\\' | 0..0x20),
    )
}

/// The number of bytes before the next backslash.
#[inline]
fn run_to_backslash(bytes: &[u8]) -> usize {
    run(bytes, |word| equal(word, b'\\'), |byte| byte == b'\\')
}

const ONES: u64 = 0x0101_0101_0101_0101;

/// Sets the highest bit of each byte of `word` that equals `byte`. A borrow can produce false marks above the first true one, so only
/// the lowest mark counts. The other bits are noise.
fn equal(word: u64, byte: u8) -> u64 {
    let zero = word ^ (ONES * u64::from(byte));
    zero.wrapping_sub(ONES) & !zero
}

/// Marks each byte that is less than a space; see [`equal`].
fn below_space(word: u64) -> u64 {
    word.wrapping_sub(ONES * 0x20) & !word
}

/// The number of bytes before the first that ends the run. Looks at eight at a time: most of a payload is keys and certificates.
#[inline]
fn run(bytes: &[u8], marks: impl Fn(u64) -> u64, ends: impl Fn(u8) -> bool) -> usize {
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (index, chunk) in chunks.iter().enumerate() {
        let marks = marks(u64::from_le_bytes(*chunk)) & (ONES << 7);
        if marks != 0 {
            return index * 8 + marks.trailing_zeros() as usize / 8;
        }
    }
    chunks.len() * 8 + rest.iter().position(|byte| ends(*byte)).unwrap_or(rest.len())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadEscape {
    Cut,
    HalfPair,
    Unknown,
}

/// The character of the escape at the start of `bytes`, and the length of the escape.
pub(crate) fn escape(bytes: &[u8]) -> Result<(char, usize), BadEscape> {
    let character = match bytes.get(1) {
        None => return Err(BadEscape::Cut),
        Some(&byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(bytes),
        Some(_) => return Err(BadEscape::Unknown),
    };
    Ok((character, 2))
}

fn unicode(bytes: &[u8]) -> Result<(char, usize), BadEscape> {
    let first = hex(bytes.get(2..).unwrap_or_default())?;
    if let Some(character) = char::from_u32(first) {
        return Ok((character, 6));
    }
    match (bytes.get(6), bytes.get(7)) {
        (None, _) | (Some(b'\\'), None) => return Err(BadEscape::Cut),
        (Some(b'\\'), Some(b'u')) if first < 0xDC00 => {}
        _ => return Err(BadEscape::HalfPair),
    }
    let second = hex(bytes.get(8..).unwrap_or_default())?;
    if !(0xDC00..0xE000).contains(&second) {
        return Err(BadEscape::HalfPair);
    }
    let joined = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    char::from_u32(joined).map(|character| (character, 12)).ok_or(BadEscape::HalfPair)
}

fn hex(bytes: &[u8]) -> Result<u32, BadEscape> {
    (0..4).try_fold(0, |number, index| {
        let digit = char::from(*bytes.get(index).ok_or(BadEscape::Cut)?).to_digit(16).ok_or(BadEscape::Unknown)?;
        Ok(number << 4 | digit)
    })
}

/// Scans the number that starts at that byte. Returns the index after it.
pub(crate) fn number(text: &str, start: usize) -> Result<usize, Fault> {
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied();
    let digits = |mut at: usize| {
        let first = at;
        while byte(at).is_some_and(|byte| byte.is_ascii_digit()) {
            at += 1;
        }
        if at > first { Ok(at) } else { Err(unexpected(text, at, "a digit")) }
    };
    let mut at = start + usize::from(byte(start) == Some(b'-'));
    let leading = byte(at) == Some(b'0');
    at = digits(at)?;
    if leading && at > start + 1 + usize::from(byte(start) == Some(b'-')) {
        // Not shown: a password without its quotes is a number, too.
        return Err(Fault::new(start, "a leading zero", "a number without one"));
    }
    if byte(at) == Some(b'.') {
        at = digits(at + 1)?;
    }
    if matches!(byte(at), Some(b'e' | b'E')) {
        at += 1;
        at = digits(at + usize::from(matches!(byte(at), Some(b'+' | b'-'))))?;
    }
    Ok(at)
}

/// The fault that something else was found at that byte.
pub(crate) fn unexpected(text: &str, at: usize, expected: &'static str) -> Fault {
    match text.get(at..).and_then(|rest| rest.chars().next()) {
        None => Fault::new(at, END, expected),
        Some(character) => Fault::new(at, excerpt(character.encode_utf8(&mut [0; 4])), expected),
    }
}
