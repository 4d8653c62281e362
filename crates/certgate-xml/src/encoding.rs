//! Bytes to text: UTF-8, or what a body is declared to be.

use std::borrow::Cow;

use certgate_domain::wide_encoding;
use certgate_wire::{DecodeError, excerpt};

/// How a body's bytes stand for characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Encoding {
    Utf8,
    Latin1,
    Windows1252,
}

const EXPECTED: &str = "UTF-8, or ISO-8859-1 or windows-1252 where the XML declaration says so";

/// The body as text, without its byte order mark. The XML declaration goes before the content type, which a server or a proxy
/// may have put there for all documents alike.
pub(crate) fn text<'a>(body: &'a [u8], content_type: Option<&str>) -> Result<Cow<'a, str>, DecodeError> {
    if let Some(body) = body.strip_prefix(b"\xEF\xBB\xBF") {
        return utf8(body);
    }
    if let Some(encoding) = wide_encoding(body) {
        return Err(DecodeError::new("body", encoding, EXPECTED).at(body, 0));
    }
    let encoding = match declared(body) {
        Some(name) => Encoding::of(name).ok_or_else(|| {
            let at = body.len() - body.trim_ascii_start().len();
            let found = format!("the declared encoding {}", excerpt(&String::from_utf8_lossy(name)));
            DecodeError::new("body", found, "UTF-8, ISO-8859-1 or windows-1252").at(body, at)
        })?,
        None => content_type.and_then(charset).and_then(|name| Encoding::of(name.as_bytes())).unwrap_or(Encoding::Utf8),
    };
    match encoding {
        Encoding::Utf8 => utf8(body),
        _ if body.is_ascii() => utf8(body),
        Encoding::Latin1 => Ok(body.iter().map(|byte| char::from(*byte)).collect::<String>().into()),
        Encoding::Windows1252 => windows_1252(body).map(Cow::Owned),
    }
}

/// Says which byte of the body an offset of its text stands for.
pub(crate) fn bytes_of<'a>(body: &'a [u8], text: &'a str) -> impl Fn(usize) -> usize + 'a {
    // What is not transcoded is all of the body but its byte order mark.
    let mark = body.len().checked_sub(text.len()).filter(|mark| body.get(*mark..) == Some(text.as_bytes()));
    move |offset| match mark {
        Some(mark) => mark + offset,
        // A byte a character.
        None => text.get(..offset).map_or(body.len(), |before| before.chars().count()),
    }
}

impl Encoding {
    /// The encoding of that name, in any case. `utf8` is a frequent misspelling, and US-ASCII a part of UTF-8.
    fn of(name: &[u8]) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_slice() {
            b"utf-8" | b"utf8" | b"us-ascii" | b"ascii" => Self::Utf8,
            b"iso-8859-1" | b"iso8859-1" | b"iso_8859-1" | b"latin1" | b"latin-1" => Self::Latin1,
            b"windows-1252" | b"cp1252" | b"cp-1252" => Self::Windows1252,
            _ => return None,
        })
    }
}

/// The encoding that the XML declaration names.
fn declared(body: &[u8]) -> Option<&[u8]> {
    let inside = body.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = inside.windows(2).position(|two| two == b"?>")?;
    let inside = inside.get(..end)?;
    let name = inside.windows(b"encoding".len()).position(|word| word == b"encoding")? + b"encoding".len();
    let value = inside.get(name..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = value.split_first()?;
    let length = value.iter().position(|byte| byte == quote).filter(|_| matches!(quote, b'"' | b'\''))?;
    value.get(..length)
}

/// The `charset` of a content type.
fn charset(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })
}

fn utf8(body: &[u8]) -> Result<Cow<'_, str>, DecodeError> {
    std::str::from_utf8(body).map(Cow::Borrowed).map_err(|error| {
        let at = error.valid_up_to();
        let byte = body.get(at).copied().unwrap_or_default();
        DecodeError::new("body", format!("byte 0x{byte:02X}, which is not UTF-8"), EXPECTED).at(body, at)
    })
}

fn windows_1252(body: &[u8]) -> Result<String, DecodeError> {
    let mut text = String::with_capacity(body.len());
    for &byte in body {
        let Some(character) = certgate_wire::windows_1252(byte) else {
            let found = format!("byte 0x{byte:02X}, which windows-1252 does not have");
            return Err(DecodeError::new("body", found, "windows-1252, as declared").at(text.as_bytes(), text.len()));
        };
        text.push(character);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn texts() {
        let xml = |encoding: &str, inside: &[u8]| {
            [format!("<?xml version=\"1.0\" encoding={encoding}?>\n<a>").as_bytes(), inside, b"</a>"].concat()
        };
        for (body, content_type, expected) in [
            (xml("'utf8'", "ü€".as_bytes()), None, Ok("ü€")),
            (xml("\"US-ASCII\"", "ü".as_bytes()), None, Ok("ü")),
            (xml("\"iso-8859-1\"", b"K\xF6ln \xA4"), None, Ok("Köln ¤")),
            (xml("'Windows-1252'", b"\x80 \x93K\xF6ln\x94 \x9F"), None, Ok("€ “Köln” Ÿ")),
            (xml("\"ISO-8859-1\"", b"\xF6"), Some("text/xml; charset=utf-8"), Ok("ö")),
            (xml("\"UTF-8\"", "ö".as_bytes()), Some("text/xml; charset=ISO-8859-1"), Ok("ö")),
            (b"<a>\xF6</a>".to_vec(), Some("text/xml; Charset=\"iso-8859-1\""), Ok("ö")),
            (b"<a>\xE2\x82\xAC</a>".to_vec(), Some("text/xml; charset=utf-16"), Ok("€")),
            (b"\xEF\xBB\xBF<?xml version='1.0' encoding='latin1'?><a>\xC3\xB6</a>".to_vec(), None, Ok("ö")),
            (
                b"<a>\n\xF6</a>".to_vec(),
                None,
                Err(
                    "2:1: body: found byte 0xF6, which is not UTF-8, expected UTF-8, or ISO-8859-1 or windows-1252 where",
                ),
            ),
            (b"\xEF\xBB\xBF<a>\xF6</a>".to_vec(), None, Err("1:4: body: found byte 0xF6, which is not UTF-8")),
            (
                xml("\"windows-1252\"", b"\xFC\xFC\x81"),
                None,
                Err("2:6: body: found byte 0x81, which windows-1252 does not have, expected windows-1252, as declared"),
            ),
            (
                "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>"
                    .encode_utf16()
                    .flat_map(u16::to_le_bytes)
                    .collect(),
                None,
                Err("1:1: body: found UTF-16, expected UTF-8, or ISO-8859-1 or windows-1252 where"),
            ),
            (
                "<a/>".encode_utf16().flat_map(u16::to_be_bytes).collect(),
                None,
                Err("1:1: body: found UTF-16, expected"),
            ),
            (
                xml("\"UTF-16\"", b""),
                None,
                Err("1:1: body: found the declared encoding `UTF-16`, expected UTF-8, ISO-8859-1 or windows-1252"),
            ),
        ] {
            let shown = String::from_utf8_lossy(&body).into_owned();
            match (text(&body, content_type), expected) {
                (Ok(read), Ok(expected)) => {
                    let inside = read.split_once("<a>").unwrap().1.strip_suffix("</a>").unwrap();
                    assert_eq!(inside, expected, "{shown}");
                }
                (Err(refusal), Err(expected)) => assert!(refusal.to_string().starts_with(expected), "{refusal}"),
                (read, expected) => panic!("{shown}: {read:?}, {expected:?}"),
            }
        }
    }
}
