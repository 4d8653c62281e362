//! The values of headers as text.

use std::borrow::Cow;

/// What stands for byte 0: bytes that are no UTF-8 become characters from here on, which nobody else uses (a private use area).
const BYTES: u32 = 0xF700;

/// The value of a header as a text, whatever its bytes; [`header_bytes`] gives them back.
///
/// ```
/// use certgate_wire::{header_bytes, header_text};
/// assert_eq!(header_text("Köln".as_bytes()), "Köln");
/// for value in [b"K\xF6ln".as_slice(), "Köln \u{f7f6}".as_bytes()] {
///     assert_eq!(*header_bytes(&header_text(value)), *value);
/// }
/// ```
pub fn header_text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) if !text.contains(|c| byte(c).is_some()) => text.to_owned(),
        _ => {
            let text = |byte: &u8| if byte.is_ascii() { char::from(*byte) } else { character(*byte) };
            value.iter().map(text).collect()
        }
    }
}

/// The bytes of a header whose value is that text.
pub fn header_bytes(text: &str) -> Cow<'_, [u8]> {
    if !text.contains(|c| byte(c).is_some()) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match byte(c) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(bytes)
}

fn character(byte: u8) -> char {
    char::from_u32(BYTES + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The byte that such a character stands for.
fn byte(c: char) -> Option<u8> {
    let byte = u8::try_from(u32::from(c).checked_sub(BYTES)?).ok()?;
    (!byte.is_ascii()).then_some(byte)
}
