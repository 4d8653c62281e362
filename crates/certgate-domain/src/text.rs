//! Text files as editors and programs write them.

/// The text that bytes are: UTF-16 or UTF-32 ([`wide`]), else UTF-8. What is none of it becomes U+FFFD, and a byte order mark is no part of the
/// text.
///
/// ```
/// assert_eq!(certgate_domain::decoded(b"\xFF\xFEa\0b\0"), "ab");
/// ```
pub fn decoded(bytes: &[u8]) -> String {
    let text = wide(bytes).unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned());
    // Programs put a mark before the one that is there.
    text.trim_start_matches('\u{FEFF}').to_owned()
}

/// The text of UTF-16 or UTF-32, known by its byte order mark, which is no part of it, or by the zeros of its first letters. What is none of it
/// becomes U+FFFD, also where the last letter is cut short. `None`: it is neither.
///
/// ```
/// use certgate_domain::wide;
/// assert_eq!(wide(b"\0a\0b"), Some("ab".to_owned()));
/// assert_eq!(wide(b"ab"), None);
/// ```
pub fn wide(bytes: &[u8]) -> Option<String> {
    const UNKNOWN: char = char::REPLACEMENT_CHARACTER;
    let (units, rest) = Units::of(bytes)?;
    let (mut text, is_cut): (String, bool) = match units {
        Units::Two(unit) => {
            let (pairs, cut) = rest.as_chunks();
            let letters = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)));
            (letters.map(|letter| letter.unwrap_or(UNKNOWN)).collect(), !cut.is_empty())
        }
        Units::Four(unit) => {
            let (fours, cut) = rest.as_chunks();
            (fours.iter().map(|four| char::from_u32(unit(*four)).unwrap_or(UNKNOWN)).collect(), !cut.is_empty())
        }
    };
    text.extend(is_cut.then_some(UNKNOWN));
    Some(text)
}

/// What [`wide`] would read bytes as, by the first four of them.
///
/// ```
/// assert_eq!(certgate_domain::wide_encoding(b"{\0\"\0"), Some("UTF-16"));
/// ```
pub fn wide_encoding(bytes: &[u8]) -> Option<&'static str> {
    Units::of(bytes).map(|(units, _)| match units {
        Units::Two(_) => "UTF-16",
        Units::Four(_) => "UTF-32",
    })
}

/// The bytes of a unit of UTF-16 or UTF-32, in their order.
enum Units {
    Two(fn([u8; 2]) -> u16),
    Four(fn([u8; 4]) -> u32),
}

impl Units {
    /// With what stands behind a mark.
    fn of(bytes: &[u8]) -> Option<(Self, &[u8])> {
        Some(match bytes {
            [0xFF, 0xFE, 0, 0, rest @ ..] | rest @ [1..=0xFF, 0, 0, 0, ..] => (Self::Four(u32::from_le_bytes), rest),
            [0, 0, 0xFE, 0xFF, rest @ ..] | rest @ [0, 0, 0, 1..=0xFF, ..] => (Self::Four(u32::from_be_bytes), rest),
            [0xFF, 0xFE, rest @ ..] | rest @ [1..=0xFF, 0, 1..=0xFF, 0, ..] => (Self::Two(u16::from_le_bytes), rest),
            [0xFE, 0xFF, rest @ ..] | rest @ [0, 1..=0xFF, 0, 1..=0xFF, ..] => (Self::Two(u16::from_be_bytes), rest),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn every_encoding() {
        let text = "a = \"ü\"\n";
        for marked in [text.to_owned(), format!("\u{feff}{text}"), format!("\u{feff}\u{feff}{text}")] {
            let (units, letters) = (|| marked.encode_utf16(), || marked.chars().map(u32::from));
            for bytes in [
                marked.clone().into_bytes(),
                units().flat_map(u16::to_le_bytes).collect(),
                units().flat_map(u16::to_be_bytes).collect(),
                letters().flat_map(u32::to_le_bytes).collect(),
                letters().flat_map(u32::to_be_bytes).collect(),
            ] {
                assert_eq!(decoded(&bytes), text, "{bytes:?}");
            }
        }
        assert_eq!(decoded(b"a\xFF"), "a\u{fffd}");
        assert_eq!(decoded(b""), "");
    }
}
