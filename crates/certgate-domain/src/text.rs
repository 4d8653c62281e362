//! Text files as editors and programs write them.

/// The text that bytes are: UTF-16 or UTF-32 by their marks or by the zeros of their first letters, else UTF-8. What is none of it becomes
/// U+FFFD, and a byte order mark is no part of the text.
///
/// ```
/// assert_eq!(certgate_domain::decoded(b"\xFF\xFEa\0b\0"), "ab");
/// ```
pub fn decoded(bytes: &[u8]) -> String {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.as_chunks().0.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    let utf32 = |bytes: &[u8], unit: fn([u8; 4]) -> u32| {
        let letters = bytes.as_chunks().0.iter().map(|four| char::from_u32(unit(*four)));
        letters.map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    let text: String = match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [1..=0xFF, 0, 0, 0, ..] => utf32(bytes, u32::from_le_bytes),
        [0, 0, 0xFE, 0xFF, ..] | [0, 0, 0, 1..=0xFF, ..] => utf32(bytes, u32::from_be_bytes),
        [0xFF, 0xFE, ..] | [1..=0xFF, 0, 1..=0xFF, 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0xFE, 0xFF, ..] | [0, 1..=0xFF, 0, 1..=0xFF, ..] => utf16(bytes, u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn every_encoding() {
        let text = "a = \"ü\"\n";
        for marked in [text.to_owned(), format!("\u{feff}{text}")] {
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
