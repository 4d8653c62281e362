//! The escapes in which payloads write characters, one escape at a time.
//!
//! Each function looks at the start of a text: what its first escape stands for, or `None` where none of its kind starts there.
//! None looks further than [`LONGEST`] bytes, so that whoever calls one at each byte needs linear time.

mod html;

/// What an escape stands for: a character in UTF-8, a part of one, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unescaped {
    utf8: [u8; 4],
    size: usize,
    /// How many bytes of the text write it.
    pub length: usize,
}

/// The longest escape that is understood, in bytes: zeros may stand before the number of an XML reference.
pub const LONGEST: usize = 40;

impl Unescaped {
    fn character(c: char, length: usize) -> Self {
        let mut utf8 = [0; 4];
        let size = c.encode_utf8(&mut utf8).len();
        Self { utf8, size, length }
    }

    fn byte(byte: u8, length: usize) -> Self {
        Self { utf8: [byte, 0, 0, 0], size: 1, length }
    }

    /// The bytes it stands for.
    pub fn bytes(&self) -> &[u8] {
        self.utf8.get(..self.size).unwrap_or_default()
    }
}

/// `%41` of an address (RFC 3986, section 2.1).
pub fn percent(text: &[u8]) -> Option<Unescaped> {
    hexadecimal(text, b"%")
}

/// `&amp;`, `&#65;` and `&#x41;` of XML.
pub fn xml(text: &[u8]) -> Option<Unescaped> {
    let inside = text.strip_prefix(b"&")?;
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'#';
    let length = inside.iter().take(LONGEST).take_while(is_part).count();
    if inside.get(length) != Some(&b';') {
        return None;
    }
    let name = std::str::from_utf8(inside.get(..length)?).ok()?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some(Unescaped::character(c, length + 2))
}

/// `\n`, `\/` and `\u0041` of JSON; a pair of surrogates is one character.
pub fn json(text: &[u8]) -> Option<Unescaped> {
    let inside = text.strip_prefix(b"\\")?;
    let c = match inside.first()? {
        b'u' => {
            let unit = |at: usize| {
                let hex = std::str::from_utf8(inside.get(at..at + 4)?).ok()?;
                u16::from_str_radix(hex, 16).ok()
            };
            let pair = inside.get(5..7).filter(|next| next == b"\\u").and_then(|_| unit(7));
            let c = char::decode_utf16([Some(unit(1)?), pair].into_iter().flatten()).next()?.ok()?;
            return Some(Unescaped::character(c, if c.len_utf16() == 2 { 12 } else { 6 }));
        }
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        plain @ (b'"' | b'\\' | b'/') => char::from(*plain),
        _ => return None,
    };
    Some(Unescaped::character(c, 2))
}

/// Any of these, as well as what other languages and programs write: `&auml;` of HTML, `\x41`, `\u{e4}`, `\U000000e4`, `\344` in octal digits and
/// `%u00e4` of old scripts.
pub(crate) fn any(text: &[u8]) -> Option<Unescaped> {
    match text.first()? {
        b'%' => percent(text).or_else(|| numbered(text, b"%u", 4)),
        b'&' => xml(text).or_else(|| html(text)),
        b'\\' => {
            let other = || in_braces(text).or_else(|| numbered(text, b"\\U", 8)).or_else(|| octal(text));
            json(text).or_else(|| hexadecimal(text, b"\\x")).or_else(other)
        }
        _ => None,
    }
}

/// `&auml;` of HTML.
fn html(text: &[u8]) -> Option<Unescaped> {
    const LONGEST: usize = 16;
    let inside = text.strip_prefix(b"&")?;
    let length = inside.iter().take(LONGEST + 1).position(|byte| *byte == b';')?;
    let c = html::named(std::str::from_utf8(inside.get(..length)?).ok()?)?;
    Some(Unescaped::character(c, length + 2))
}

/// A character by its number, in so many hexadecimal digits after that sign.
fn numbered(text: &[u8], sign: &[u8], digits: usize) -> Option<Unescaped> {
    let c = character(text.strip_prefix(sign)?.get(..digits)?)?;
    Some(Unescaped::character(c, sign.len() + digits))
}

/// The same in braces: `\u{e4}`.
fn in_braces(text: &[u8]) -> Option<Unescaped> {
    const LONGEST: usize = 8;
    let inside = text.strip_prefix(b"\\u{").or_else(|| text.strip_prefix(b"\\x{"))?;
    let digits = inside.iter().take(LONGEST + 1).position(|byte| *byte == b'}').filter(|digits| *digits > 0)?;
    Some(Unescaped::character(character(inside.get(..digits)?)?, digits + 4))
}

fn character(digits: &[u8]) -> Option<char> {
    let number = digits.iter().try_fold(0, |number, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))?;
    char::from_u32(number)
}

/// `\344`: a byte in three octal digits.
fn octal(text: &[u8]) -> Option<Unescaped> {
    let digits = text.strip_prefix(b"\\")?.get(..3)?;
    let number = digits.iter().try_fold(0, |number, digit| Some(number << 3 | char::from(*digit).to_digit(8)?))?;
    Some(Unescaped::byte(u8::try_from(number).ok()?, 4))
}

/// `=41` of quoted-printable (RFC 2045, section 6.7), and its soft line break, which stands for nothing.
pub(crate) fn quoted_printable(text: &[u8]) -> Option<Unescaped> {
    let inside = text.strip_prefix(b"=")?;
    let nothing = |length| Unescaped { utf8: [0; 4], size: 0, length };
    match inside {
        [b'\r', b'\n', ..] => Some(nothing(3)),
        [b'\n', ..] => Some(nothing(2)),
        _ if inside.get(..2)?.iter().any(u8::is_ascii_lowercase) => None,
        _ => hexadecimal(text, b"="),
    }
}

fn hexadecimal(text: &[u8], sign: &[u8]) -> Option<Unescaped> {
    let digits = text.strip_prefix(sign)?.get(..2)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    Some(Unescaped::byte(byte, sign.len() + 2))
}

/// A text in which every escape of one kind is undone. What is no UTF-8 then is replaced.
///
/// ```
/// use certgate_client::escape;
/// assert_eq!(escape::undone("a%20b%2", escape::percent), "a b%2");
/// assert_eq!(escape::undone("&lt;&#x41;&nbsp;", escape::xml), "<A&nbsp;");
/// assert_eq!(escape::undone("\\u00fc\\/", escape::json), "ü/");
/// ```
pub fn undone(text: &str, escape: fn(&[u8]) -> Option<Unescaped>) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        match escape(rest) {
            Some(unescaped) => {
                bytes.extend_from_slice(unescaped.bytes());
                rest = rest.get(unescaped.length..).unwrap_or_default();
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Unescaped, any, json, percent, quoted_printable, xml};

    #[test]
    fn the_first_escape_and_its_length() {
        type Case = (fn(&[u8]) -> Option<Unescaped>, &'static str, Option<(&'static str, usize)>);
        let cases: [Case; 39] = [
            (percent, "%41b", Some(("A", 3))),
            (percent, "%4", None),
            (percent, "%+1", None),
            (xml, "&amp;amp;", Some(("&", 5))),
            (xml, "&#x0000000041;", Some(("A", 14))),
            (xml, "&#252;", Some(("ü", 6))),
            (xml, "&#xD800;", None),
            (xml, "&nbsp;", None),
            (xml, "&amp", None),
            (xml, "&& ;", None),
            (json, "\\u00fc", Some(("ü", 6))),
            (json, "\\ud83d\\ude00", Some(("😀", 12))),
            (json, "\\ud83d", None),
            (json, "\\/", Some(("/", 2))),
            (json, "\\x41", None),
            (any, "%41", Some(("A", 3))),
            (any, "%u00e4", Some(("ä", 6))),
            (any, "%u00e", None),
            (any, "&#65;", Some(("A", 5))),
            (any, "&auml;", Some(("ä", 6))),
            (any, "&none;", None),
            (any, "\\n", Some(("\n", 2))),
            (any, "\\x41", Some(("A", 4))),
            (any, "\\xg1", None),
            (any, "\\u{e4}", Some(("ä", 6))),
            (any, "\\x{20AC}", Some(("€", 8))),
            (any, "\\u{}", None),
            (any, "\\u{d800}", None),
            (any, "\\u{e4", None),
            (any, "\\U000000e4", Some(("ä", 10))),
            (any, "\\101", Some(("A", 4))),
            (any, "\\400", None),
            (any, "\\18", None),
            (any, "=41", None),
            (quoted_printable, "=41", Some(("A", 3))),
            (quoted_printable, "=4a", None),
            (quoted_printable, "=\r\nx", Some(("", 3))),
            (quoted_printable, "=", None),
            (percent, "", None),
        ];
        for (escape, text, expected) in cases {
            let found = escape(text.as_bytes());
            let found = found.as_ref().map(|found| (std::str::from_utf8(found.bytes()).unwrap(), found.length));
            assert_eq!(found, expected, "{text}");
        }
    }
}
