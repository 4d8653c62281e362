//! The value that stands beside its label, with nothing that assigns it: in the next element of a page, as the next text of a list, as the next
//! word of a netrc file.

use super::{BETWEEN, sign, until, value, value_beside, word};

/// Elements that hold a value and no text for people.
const CELLS: [&str; 3] = ["td", "dd", "string"];
/// What begins the next entry of a netrc file.
const OF_NETRC: [&str; 5] = ["login", "machine", "account", "macdef", "default"];

/// Where the value stands whose label is that.
pub(super) fn beside(text: &str, label: usize, end: usize) -> Option<(usize, usize)> {
    match sign(text.as_bytes().get(end..)?)? {
        (b'"' | b'\'', length) => in_list(text.as_bytes(), end + length),
        _ => in_element(text, label, end).or_else(|| in_netrc(text, label, end)),
    }
}

/// `"password", "x"`, but for `"password", "name": "x"`.
fn in_list(bytes: &[u8], label: usize) -> Option<(usize, usize)> {
    let (mut at, mut is_apart) = (label, false);
    while at < label + BETWEEN {
        let rest = bytes.get(at..)?;
        let (byte, length) = sign(rest)?;
        at += match byte {
            b'"' | b'\'' if is_apart => {
                let start = at + length;
                let end = until(bytes, start, |other, longest| other == byte && longest <= length);
                let after = bytes.get(end + length..).unwrap_or_default().trim_ascii_start();
                let is_label = sign(after).is_some_and(|(byte, _)| matches!(byte, b':' | b'='));
                return (end > start && !is_label).then_some((start, end));
            }
            b',' | b';' => {
                is_apart = true;
                length
            }
            b'[' | b' ' | b'\t' | b'\r' | b'\n' => length,
            _ => typed(rest)?,
        };
    }
    None
}

/// The length of what PHP says of a text before it: `string(3) "x"`, `s:3:"x"`.
pub(super) fn typed(rest: &[u8]) -> Option<usize> {
    let name = word(rest, 0);
    let close: &[u8] = match rest.get(name)? {
        b'(' => b") ",
        b':' => b":",
        _ => return None,
    };
    let digits = rest.get(name + 1..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let length = name + 1 + digits + close.len();
    let is_typed = name > 0 && digits > 0 && rest.get(..length)?.ends_with(close);
    (is_typed && matches!(sign(rest.get(length..)?), Some((b'"', _)))).then_some(length)
}

/// `<td>password</td><td>x</td>`, `<b>Password:</b> x`. After a label without a colon, which has to be all of its element, several words are a value
/// in a cell alone.
fn in_element(text: &str, label: usize, end: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let before = text.get(..label)?.trim_ascii_end();
    let is_alone = before.ends_with('>') || before.ends_with("&gt;");
    let (mut start, mut has_colon, mut is_cell, mut tag) = (end, false, false, None);
    while start < end + BETWEEN {
        let (byte, length) = sign(bytes.get(start..)?)?;
        start += match byte {
            b':' => {
                has_colon = true;
                length
            }
            b'<' => {
                let inside = start + length;
                let near = bytes.get(..bytes.len().min(inside + BETWEEN))?;
                let close = until(near, inside, |byte, _| byte == b'>');
                let this = text.get(inside..close)?;
                if this.starts_with("input") {
                    return value(bytes, value_beside(bytes, start)?);
                }
                let name = this.get(..word(this.as_bytes(), 0)).unwrap_or_default();
                is_cell |= CELLS.iter().any(|cell| cell.eq_ignore_ascii_case(name));
                tag = Some(this);
                close + sign(near.get(close..)?)?.1 - start
            }
            byte if byte.is_ascii_whitespace() => length,
            _ => break,
        };
    }
    let tag = tag?;
    let end = until(bytes, start, |byte, _| byte == b'<');
    let is_word = || !text.get(start..end).unwrap_or_default().trim_ascii_end().contains(char::is_whitespace);
    let is_value = has_colon || is_alone && !tag.starts_with('/') && (is_cell || is_word());
    (is_value && end > start).then_some((start, end))
}

/// `machine x login y password z`.
fn in_netrc(text: &str, label: usize, end: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let near = text.get(text.floor_char_boundary(label.saturating_sub(BETWEEN))..label)?;
    let named = near.split_ascii_whitespace().rev().nth(1)?;
    let is_netrc = named.ends_with("login") || named.ends_with("machine");
    let blanks = bytes.get(end..)?.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    if !is_netrc || blanks == 0 {
        return None;
    }
    let (start, ends) = (end + blanks, |byte| matches!(byte, b'\r' | b'\n' | b'<' | b'"' | b'\''));
    let end = until(bytes, start, |byte, _| matches!(byte, b' ' | b'\t') || ends(byte));
    let next = text.get(end..)?.trim_start_matches([' ', '\t']);
    let is_last = sign(next.as_bytes()).is_none_or(|(byte, _)| ends(byte));
    (end > start && (is_last || OF_NETRC.iter().any(|word| next.starts_with(word)))).then_some((start, end))
}
