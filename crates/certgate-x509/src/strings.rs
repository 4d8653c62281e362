//! The strings of ASN.1.

use crate::der::{Element, hexadecimal};

/// A string as it is shown, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    /// Decoded, or `#` and its bytes where it cannot be.
    pub(crate) value: String,
    pub(crate) flaw: Option<&'static str>,
}

mod tag {
    pub(super) const UTF8: u8 = 0x0C;
    pub(super) const NUMERIC: u8 = 0x12;
    pub(super) const PRINTABLE: u8 = 0x13;
    pub(super) const TELETEX: u8 = 0x14;
    pub(super) const VIDEOTEX: u8 = 0x15;
    pub(super) const IA5: u8 = 0x16;
    pub(super) const GRAPHIC: u8 = 0x19;
    pub(super) const VISIBLE: u8 = 0x1A;
    pub(super) const GENERAL: u8 = 0x1B;
    pub(super) const UNIVERSAL: u8 = 0x1C;
    pub(super) const BMP: u8 = 0x1E;
}

/// Begins a change of alphabet in T.61, which nobody writes and nobody reads.
const ESCAPE: u8 = 0x1B;

/// A string of whatever type.
pub(crate) fn text(element: &Element<'_>) -> Text {
    let content = element.content;
    let right = |value| Text { value, flaw: None };
    let undecodable = |flaw| Text { value: hexadecimal(element.whole), flaw: Some(flaw) };
    match element.tag {
        tag::UTF8 => match std::str::from_utf8(content) {
            Ok(value) => right(value.to_owned()),
            Err(_) => Text { value: latin_1(content), flaw: Some("a UTF8String that holds Latin-1") },
        },
        tag::TELETEX if content.contains(&ESCAPE) => undecodable("a TeletexString that changes its alphabet"),
        tag::TELETEX | tag::VIDEOTEX => match std::str::from_utf8(content) {
            Ok(value) if !value.is_ascii() => {
                Text { value: value.to_owned(), flaw: Some("a TeletexString that holds UTF-8") }
            }
            // All that is in the field takes T.61 for Latin-1, as openssl does.
            _ => right(latin_1(content)),
        },
        tag::NUMERIC | tag::PRINTABLE | tag::IA5 | tag::GRAPHIC | tag::VISIBLE | tag::GENERAL => ascii(content),
        tag::BMP => {
            let units: Vec<u16> = content.chunks_exact(2).map(number).filter_map(|unit| unit.try_into().ok()).collect();
            match String::from_utf16(&units) {
                Ok(value) if content.len().is_multiple_of(2) => right(value),
                _ => undecodable("a BMPString that is no UTF-16"),
            }
        }
        tag::UNIVERSAL => {
            let letters: Option<String> = content.chunks_exact(4).map(|unit| char::from_u32(number(unit))).collect();
            match letters {
                Some(value) if content.len().is_multiple_of(4) => right(value),
                _ => undecodable("a UniversalString that is no UTF-32"),
            }
        }
        _ => undecodable("a value that is no string"),
    }
}

/// A string of ASCII, in which there may be something else all the same.
pub(crate) fn ascii(content: &[u8]) -> Text {
    let value = std::str::from_utf8(content).map_or_else(|_| latin_1(content), str::to_owned);
    let flaw = (!content.is_ascii()).then_some("a string of ASCII that holds other letters");
    Text { value, flaw }
}

fn latin_1(content: &[u8]) -> String {
    content.iter().copied().map(char::from).collect()
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::text;
    use crate::der::{Reader, element};

    /// `Mü` in every type that can say it.
    #[test]
    fn every_type() {
        for (tag, content, value, flaw) in [
            (0x0C, &b"M\xC3\xBC"[..], "Mü", None),
            (0x0C, b"M\xFC", "Mü", Some("a UTF8String that holds Latin-1")),
            (0x14, b"M\xFC", "Mü", None),
            (0x14, b"M\xC3\xBC", "Mü", Some("a TeletexString that holds UTF-8")),
            (0x14, b"M\x1B\x2D\x41", "#14044D1B2D41", Some("a TeletexString that changes its alphabet")),
            (0x15, b"M\xFC", "Mü", None),
            (0x1E, b"\0M\0\xFC", "Mü", None),
            (0x1E, b"\xD8\x3D\xDE\x00", "😀", None),
            (0x1E, b"\0M\0", "#1E03004D00", Some("a BMPString that is no UTF-16")),
            (0x1E, b"\xD8\x3D", "#1E02D83D", Some("a BMPString that is no UTF-16")),
            (0x1C, b"\0\0\0M\0\0\0\xFC", "Mü", None),
            (0x1C, b"\0\0\0M\0", "#1C050000004D00", Some("a UniversalString that is no UTF-32")),
            (0x1C, b"\0\x11\0\0", "#1C0400110000", Some("a UniversalString that is no UTF-32")),
            (0x13, b"Mu", "Mu", None),
            (0x13, b"M\xFC", "Mü", Some("a string of ASCII that holds other letters")),
            (0x16, b"M\xC3\xBC", "Mü", Some("a string of ASCII that holds other letters")),
            (0x12, b"12", "12", None),
            (0x1A, b"Mu", "Mu", None),
            (0x1B, b"Mu", "Mu", None),
            (0x0C, b"", "", None),
            (0x02, b"\x05", "#020105", Some("a value that is no string")),
        ] {
            let whole = element(tag, &[content]);
            let found = text(&Reader::new(&whole).next().unwrap());
            assert_eq!((found.value.as_str(), found.flaw), (value, flaw), "{tag:02X} {content:?}");
        }
    }
}
