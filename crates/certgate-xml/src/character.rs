//! References and line ends: XML's own rules for characters.

use std::borrow::Cow;

/// XML's own rule (section 2.11): every line end is one line feed.
pub(crate) fn with_line_feeds(piece: &str) -> Cow<'_, str> {
    if piece.contains('\r') {
        Cow::Owned(piece.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(piece)
    }
}

/// The character of a reference: the five names, or a number of a character that XML 1.0 allows.
pub(crate) fn character(name: &str) -> Option<char> {
    match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => {}
    }
    let number = name.strip_prefix('#')?;
    let code = match number.strip_prefix('x') {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(digits, 16).ok()?,
        None if number.bytes().all(|b| b.is_ascii_digit()) => number.parse().ok()?,
        _ => return None,
    };
    char::from_u32(code).filter(|c| !is_forbidden(*c))
}

/// The first character that XML 1.0 cannot hold, and where it stands.
pub(crate) fn forbidden(text: &str) -> Option<(usize, char)> {
    // Most texts have no byte that one begins with, which a processor finds out in few steps.
    let is_suspicious =
        text.bytes().fold(false, |seen, byte| seen | (byte < 0x20 && byte != b'\n' && byte != b'\t') | (byte == 0xEF));
    if is_suspicious { text.char_indices().find(|(_, c)| is_forbidden(*c)) } else { None }
}

/// Whether XML 1.0 cannot hold the character, not even by its number.
pub(crate) fn is_forbidden(c: char) -> bool {
    (c < ' ' && !matches!(c, '\n' | '\t' | '\r')) || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

/// How a text holds the characters of markup.
pub(crate) const ESCAPED: &str = "text in which & stands as &amp; and < as &lt;";

/// An attribute's value with its references resolved; `None` where one is unknown.
pub(crate) fn unescaped(raw: &str) -> Option<String> {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('&') {
        let (name, after) = after.split_once(';')?;
        text.push_str(before);
        text.push(character(name)?);
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}
