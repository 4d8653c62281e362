//! PEM (RFC 7468), read as tolerantly as the field writes it.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A PEM block. It may hold a private key, and so has no `Debug`.
pub struct Block {
    /// What stands after `BEGIN`.
    pub label: String,
    /// Its content.
    pub der: Vec<u8>,
}

/// The longest label taken: `NEW CERTIFICATE REQUEST` has 23 characters.
const LABEL: usize = 40;

/// The one block in a text. Line breaks may be missing or of any kind; text before the block is passed over.
///
/// # Errors
/// What is wrong with it, for people; never its content.
pub fn block(text: &str) -> Result<Block, String> {
    let (_, rest) = text.split_once("-----BEGIN ").ok_or("no -----BEGIN line found")?;
    // Errors show the label. Without its closing dashes it would run on into the content, which may be a private key.
    let of_a_label = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ';
    let (label, rest) = rest
        .split_once("-----")
        .filter(|(label, _)| label.len() <= LABEL && label.chars().all(of_a_label))
        .ok_or("the -----BEGIN line is cut short")?;
    let end = format!("-----END {label}-----");
    let (body, rest) = rest.split_once(end.as_str()).ok_or_else(|| format!("no {end} line found"))?;
    if !rest.trim().is_empty() {
        return Err(format!("more text after {end}: give one block"));
    }
    let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    let der = FORGIVING.decode(body).map_err(|_| "what stands between the lines is not Base64".to_owned())?;
    Ok(Block { label: label.to_owned(), der })
}

/// The text of a block: lines of 64, `\n`.
pub fn text(label: &str, der: &[u8]) -> String {
    let body = FORGIVING.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for (at, character) in body.chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text + &format!("\n-----END {label}-----\n")
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::{block, text};

    #[test]
    fn written_in_lines_of_64_and_read_back() {
        for (length, lines) in [(0, 3), (3, 3), (48, 3), (49, 4), (96, 4), (97, 5)] {
            let der: Vec<u8> = (0..length).collect();
            let pem = text("CERTIFICATE", &der);
            assert_eq!((pem.lines().count(), pem.lines().all(|line| line.len() <= 64)), (lines, true), "{length}");
            let read = block(&pem).unwrap();
            assert_eq!((read.label.as_str(), read.der), ("CERTIFICATE", der), "{length}");
        }
    }

    #[test]
    fn refusals_show_no_content() {
        for (given, expected) in [
            ("MIIB", "no -----BEGIN line found"),
            ("-----BEGIN PRIVATE KEY\nc2VjcmV0\n-----END PRIVATE KEY-----", "the -----BEGIN line is cut short"),
            ("-----BEGIN c2VjcmV0-----", "the -----BEGIN line is cut short"),
            ("-----BEGIN \u{1b}[2J-----", "the -----BEGIN line is cut short"),
            ("-----BEGIN X-----\nc2VjcmV0", "no -----END X----- line found"),
            ("-----BEGIN X-----c2Vj%cmV0-----END X-----", "what stands between the lines is not Base64"),
            ("-----BEGIN X-----c2Vj-----END X-----c2Vj", "more text after -----END X-----: give one block"),
        ] {
            assert_eq!(block(given).err().as_deref(), Some(expected), "{given}");
        }
    }
}
