//! DER (X.690), read in place: every element keeps the bytes it stands in, since signatures are over bytes.
//!
//! It takes what the rest of the world takes: lengths with more bytes than they need, lengths that are told by an end mark (BER; Java
//! writes PKCS#7 so), and `TRUE` that is not 0xFF.

use std::fmt::Write as _;

/// Tags of the universal class, and of the context-specific class as certificates use them.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;

    /// `[number]`, constructed.
    pub(crate) const fn constructed(number: u8) -> u8 {
        0xA0 | number
    }

    /// `[number]`, primitive.
    pub(crate) const fn primitive(number: u8) -> u8 {
        0x80 | number
    }
}

/// An element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    /// Tag, length and content.
    pub(crate) whole: &'a [u8],
    pub(crate) content: &'a [u8],
    /// Where the content begins in what was read from the start.
    at: usize,
}

/// What was expected and is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it cannot be read as DER (byte {at}: expected {expected})")]
pub struct Malformed {
    at: usize,
    expected: &'static str,
}

/// Reads the elements that follow each other.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0 }
    }

    /// What has not been read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next element, whatever it is; `None` at the end and where there is none.
    pub(crate) fn next(&mut self) -> Option<Element<'a>> {
        let Span { header, content, whole } = span(self.rest, 0)?;
        let (element, rest) = self.rest.split_at_checked(whole)?;
        let found = Element {
            tag: *element.first()?,
            whole: element,
            content: element.get(header..header.checked_add(content)?)?,
            at: self.at + header,
        };
        (self.rest, self.at) = (rest, self.at + whole);
        Some(found)
    }

    /// The next element, which must be there.
    pub(crate) fn any(&mut self, expected: &'static str) -> Result<Element<'a>, Malformed> {
        let at = self.at;
        self.next().ok_or(Malformed { at, expected })
    }

    /// The next element, which must have that tag.
    pub(crate) fn take(&mut self, tag: u8, expected: &'static str) -> Result<Element<'a>, Malformed> {
        let at = self.at;
        self.optional(tag).ok_or(Malformed { at, expected })
    }

    /// The next element, where it has that tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Option<Element<'a>> {
        if self.rest.first() != Some(&tag) {
            return None;
        }
        self.next()
    }

    /// Every element that follows.
    pub(crate) fn all(mut self, expected: &'static str) -> Result<Vec<Element<'a>>, Malformed> {
        let mut found = Vec::new();
        while !self.rest.is_empty() {
            found.push(self.any(expected)?);
        }
        Ok(found)
    }
}

impl<'a> Element<'a> {
    /// The one element that the bytes are.
    pub(crate) fn only(bytes: &'a [u8], tag: u8, expected: &'static str) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let element = reader.take(tag, expected)?;
        if !reader.rest.is_empty() {
            return Err(Malformed { at: reader.at, expected: "the end" });
        }
        Ok(element)
    }

    /// What is in it.
    pub(crate) fn inside(&self) -> Reader<'a> {
        Reader { rest: self.content, at: self.at }
    }

    /// That something else was expected here.
    pub(crate) fn unexpected(&self, expected: &'static str) -> Malformed {
        Malformed { at: self.at, expected }
    }

    /// The object identifier that it is, `1.2.840.113549`.
    pub(crate) fn oid(&self) -> String {
        oid(self.content).unwrap_or_else(|| hexadecimal(self.content))
    }

    /// The bytes of a BIT STRING whose bits are whole bytes.
    pub(crate) fn bits(&self) -> Result<&'a [u8], Malformed> {
        match self.content.split_first() {
            Some((0, bytes)) => Ok(bytes),
            _ => Err(Malformed { at: self.at, expected: "a BIT STRING of whole bytes" }),
        }
    }

    /// A small number; `None` if it is negative or large.
    pub(crate) fn small(&self) -> Option<u32> {
        let is_negative = self.content.first().is_none_or(|first| first & 0x80 != 0);
        let mut digits = self.content.iter().skip_while(|byte| **byte == 0);
        let number = digits.by_ref().take(4).fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        (!is_negative && digits.next().is_none()).then_some(number)
    }
}

/// How far an element reaches, in bytes.
struct Span {
    header: usize,
    content: usize,
    /// With the end mark, where it has one.
    whole: usize,
}

/// How deep elements without a length may stand in each other.
const DEPTH: usize = 32;

fn span(bytes: &[u8], depth: usize) -> Option<Span> {
    let (tag, rest) = bytes.split_first()?;
    // Tags of several bytes stand in no certificate.
    if tag & 0x1F == 0x1F {
        return None;
    }
    let (first, rest) = rest.split_first()?;
    let counted = |header: usize, content: usize| {
        let whole = header.checked_add(content)?;
        (whole <= bytes.len()).then_some(Span { header, content, whole })
    };
    match first {
        0x80 if tag & 0x20 != 0 && depth < DEPTH => {
            let mut content = 0;
            while rest.get(content..content + 2)? != [0, 0] {
                content += span(rest.get(content..)?, depth + 1)?.whole;
            }
            Some(Span { header: 2, content, whole: 2 + content + 2 })
        }
        0x00..0x80 => counted(2, usize::from(*first)),
        0x81..=0x84 => {
            let count = usize::from(first & 0x7F);
            let length = rest.get(..count)?.iter().fold(0, |sum: usize, byte| sum << 8 | usize::from(*byte));
            counted(2 + count, length)
        }
        _ => None,
    }
}

fn oid(content: &[u8]) -> Option<String> {
    let mut arcs = Vec::new();
    let mut arc: u128 = 0;
    for byte in content {
        arc = arc.checked_mul(128)? | u128::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            arcs.push(std::mem::take(&mut arc));
        }
    }
    if content.last()? & 0x80 != 0 {
        return None;
    }
    let (first, others) = arcs.split_first()?;
    let top = (first / 40).min(2);
    let mut text = format!("{top}.{}", first - top * 40);
    others.iter().for_each(|arc| text.push_str(&format!(".{arc}")));
    Some(text)
}

/// The most bytes that are shown of what has no text.
const SHOWN: usize = 32;

/// `#1C04…`, as RFC 4514 writes what has no text; what is long is cut.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = "#".to_owned();
    for byte in bytes.iter().take(SHOWN) {
        let _ = write!(text, "{byte:02X}");
    }
    if bytes.len() > SHOWN {
        text.push('…');
    }
    text
}

/// An element made anew.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut made = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => made.push(short),
        _ => {
            let bytes: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            made.push(0x80 | u8::try_from(bytes.len()).unwrap_or_default());
            made.extend(bytes);
        }
    }
    parts.iter().for_each(|part| made.extend(*part));
    made
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::{Element, Reader, element, hexadecimal, tag};

    #[test]
    fn lengths_as_the_field_writes_them() {
        for (what, bytes, content) in [
            ("short", &[0x04, 2, 7, 8][..], Some(&[7, 8][..])),
            ("more bytes than needed", &[0x04, 0x82, 0, 2, 7, 8], Some(&[7, 8])),
            ("empty", &[0x30, 0], Some(&[])),
            ("an end mark", &[0x30, 0x80, 0x02, 1, 5, 0, 0], Some(&[0x02, 1, 5])),
            ("end marks in each other", &[0x30, 0x80, 0x30, 0x80, 0, 0, 0, 0], Some(&[0x30, 0x80, 0, 0])),
            ("an end mark that is missing", &[0x30, 0x80, 0x02, 1, 5], None),
            ("an end mark of what has no parts", &[0x04, 0x80, 0, 0], None),
            ("cut short", &[0x04, 3, 7, 8], None),
            ("longer than any machine", &[0x04, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 7], None),
            ("nine bytes of length", &[0x04, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 1, 7], None),
            ("a long tag", &[0x1F, 0x81, 1, 0], None),
            ("only a tag", &[0x04], None),
        ] {
            let found = Reader::new(bytes).next();
            assert_eq!(found.map(|element| element.content), content, "{what}");
            assert!(found.is_none_or(|element| element.whole == bytes), "{what}");
        }
        let deep = [0x30, 0x80].repeat(100_000);
        assert_eq!(Reader::new(&deep).next(), None, "not as deep as a stack");
    }

    #[test]
    fn where_something_is_missing() {
        let bytes = [0x30, 5, 0x02, 1, 5, 0x04, 0];
        let mut inside = Element::only(&bytes, tag::SEQUENCE, "a SEQUENCE").unwrap().inside();
        assert_eq!(inside.take(tag::INTEGER, "a number").unwrap().small(), Some(5));
        let why = inside.take(tag::INTEGER, "another number").unwrap_err();
        assert_eq!(why.to_string(), "it cannot be read as DER (byte 5: expected another number)");
        let why = Element::only(&[0x30, 0, 0], tag::SEQUENCE, "a SEQUENCE").unwrap_err();
        assert_eq!(why.to_string(), "it cannot be read as DER (byte 2: expected the end)");
    }

    #[test]
    fn numbers_and_identifiers() {
        let number = |content: &[u8]| Reader::new(&element(tag::INTEGER, &[content])).next().unwrap().small();
        for (content, expected) in [
            (&[0][..], Some(0)),
            (&[0, 0xFF], Some(255)),
            (&[1, 0, 0, 0], Some(1 << 24)),
            (&[0x80], None),
            (&[1, 0, 0, 0, 0], None),
            (&[], None),
        ] {
            assert_eq!(number(content), expected, "{content:?}");
        }
        let oid = |content: &[u8]| Reader::new(&element(tag::OID, &[content])).next().unwrap().oid();
        assert_eq!(oid(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D]), "1.2.840.113549");
        assert_eq!(oid(&[0x88, 0x37, 3]), "2.999.3");
        assert_eq!(oid(&[0x2A, 0x86]), "#2A86", "cut short");
        assert_eq!(hexadecimal(&[0xAB; 40]), format!("#{}…", "AB".repeat(32)));
    }

    #[test]
    fn elements_are_made_with_the_shortest_length() {
        for (length, header) in
            [(0, &[0x04, 0][..]), (127, &[0x04, 127]), (128, &[0x04, 0x81, 128]), (256, &[0x04, 0x82, 1, 0])]
        {
            let content = vec![7; length];
            let made = element(tag::OCTET_STRING, &[&content[..length / 2], &content[length / 2..]]);
            assert_eq!(made.split_at(header.len()), (header, &content[..]), "{length}");
        }
    }
}
