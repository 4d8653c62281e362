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

/// A PEM block: its label and its bytes.
pub(crate) struct Block {
    pub(crate) label: String,
    pub(crate) der: Vec<u8>,
}

/// The one block in a text. Line breaks may be missing or of any kind; text before the block is passed over.
pub(crate) fn block(text: &str) -> Result<Block, String> {
    let (_, rest) = text.split_once("-----BEGIN ").ok_or("no -----BEGIN line found")?;
    let (label, rest) = rest.split_once("-----").ok_or("the -----BEGIN line is cut short")?;
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
pub(crate) fn text(label: &str, der: &[u8]) -> String {
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
