//! The one reader of files and fields that hold requests, certificates and keys: PEM (RFC 7468) as the field writes it, DER, and
//! Base64 without its lines. What is written is always the same: lines of 64, `\n`, nothing around it.

mod foreign;
mod kind;
mod text;

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use certgate_domain::decoded;

pub use kind::Kind;
pub(crate) use kind::SIGNED_DATA;

const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A block of a file. It may hold a private key, and so has no `Debug`.
pub struct Block {
    /// What stands after `BEGIN`; for what has no such line, what would stand there.
    pub label: String,
    /// What it is: by its label, or by its content where it has none.
    pub kind: Kind,
    /// Its content; empty where [`Self::is_encrypted`].
    pub der: Vec<u8>,
    /// Whether it is encrypted in the way before PKCS#8 (`Proc-Type: 4,ENCRYPTED`, RFC 1421).
    pub is_encrypted: bool,
}

/// Why a file or field cannot be read. Nothing of its content is shown: it may be a private key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It is something else, and what turns it into PEM.
    #[error("found {what}: {advice}")]
    Foreign {
        /// What it is, such as `a Java key store`.
        what: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// There is no block in it.
    #[error("no -----BEGIN line found")]
    NoBegin,
    /// The line that begins or ends a block does not have five hyphens on each side.
    #[error("line {line}: five hyphens (-----) must stand before and after {word}, and others stand there")]
    Hyphens {
        /// Which line, from 1.
        line: usize,
        /// `BEGIN` or `END`.
        word: &'static str,
    },
    /// The line that begins a block is not whole.
    #[error("the -----BEGIN line is cut short")]
    CutBegin,
    /// A block does not end.
    #[error("no -----END {label}----- line found")]
    NoEnd {
        /// Its label.
        label: String,
    },
    /// A line of a block is not Base64.
    #[error("line {line} is not Base64")]
    NotBase64 {
        /// Which line, from 1.
        line: usize,
    },
}

/// The blocks of a file or field, in their order. There may be text before, between and after them, white space of any kind in
/// them; DER and Base64 without its lines are one block. UTF-16 and UTF-32 are read.
///
/// # Errors
/// See [`Unreadable`].
pub fn read(input: impl AsRef<[u8]>) -> Result<Vec<Block>, Unreadable> {
    let input = input.as_ref();
    // Editors put a mark before what is no text, too.
    if let Some(block) = Block::of_der(input.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(input)) {
        return Ok(vec![block]);
    }
    let text = decoded(input);
    if text.trim().is_empty() {
        return Err(Unreadable::Empty);
    }
    let blocks = text::blocks(&text).map_err(|why| foreign::named(input, &text).unwrap_or(why))?;
    if !blocks.is_empty() {
        return Ok(blocks);
    }
    if let Some(block) = text::bare(&text).and_then(|der| Block::of_der(&der)) {
        return Ok(vec![block]);
    }
    Err(foreign::named(input, &text).unwrap_or(Unreadable::NoBegin))
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

impl Block {
    fn of_der(der: &[u8]) -> Option<Self> {
        let (kind, der) = Kind::of_der(der)?;
        Some(Self { label: kind.label().to_owned(), kind, der: der.to_vec(), is_encrypted: false })
    }
}
