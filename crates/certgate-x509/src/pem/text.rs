//! Blocks in a text.

use base64::Engine;

use super::{Block, FORGIVING, Kind, Unreadable};

/// The longest label taken: `NEW CERTIFICATE REQUEST` has 23 characters.
const LABEL: usize = 40;

/// Every block of a text.
pub(super) fn blocks(text: &str) -> Result<Vec<Block>, Unreadable> {
    let mut blocks = Vec::new();
    let mut from = 0;
    while let Some(begin) = Begin::next(text, from)? {
        let Begin { label, body } = begin;
        let rest = text.get(body..).unwrap_or_default();
        let end = End::of(label, rest).ok_or_else(|| {
            // What begins with five hyphens is another line.
            let until_there = rest.split("-----").next().unwrap_or_default();
            let wrong = until_there.find(&format!("END {label}")).filter(|at| is_hyphen_before(until_there, *at));
            match wrong {
                Some(at) => Unreadable::Hyphens { line: line_of(text, body + at), word: "END" },
                None => Unreadable::NoEnd { label: label.to_owned() },
            }
        })?;
        let content = rest.get(..end.from).unwrap_or_default();
        let is_encrypted = content.contains("Proc-Type:") && content.contains("ENCRYPTED");
        let der = if is_encrypted { Vec::new() } else { base64(text, body, content)? };
        // Programs confuse labels (certutil writes CERTIFICATE around everything): the content decides where it is known.
        let kind = Kind::of_der(&der).map_or_else(|| Kind::of_label(label), |(kind, _)| kind);
        blocks.push(Block { label: label.to_owned(), kind, der, is_encrypted });
        from = body + end.until;
    }
    Ok(blocks)
}

/// Base64 without the lines around it.
pub(super) fn bare(text: &str) -> Option<Vec<u8>> {
    let body: String = text.chars().filter(|c| !is_blank(*c)).collect();
    FORGIVING.decode(body).ok()
}

/// The line that begins a block.
struct Begin<'a> {
    label: &'a str,
    /// Where what follows it begins.
    body: usize,
}

impl<'a> Begin<'a> {
    const WORD: &'static str = "BEGIN ";

    /// The next one. The word alone, in a text around the blocks, is none.
    fn next(text: &'a str, from: usize) -> Result<Option<Self>, Unreadable> {
        for (at, _) in text.match_indices(Self::WORD).filter(|(at, _)| *at >= from) {
            let (before, after) = (text.get(from..at).unwrap_or_default(), at + Self::WORD.len());
            let rest = text.get(after..).unwrap_or_default();
            let hyphens = before.chars().rev().take_while(|c| is_hyphen(*c)).collect::<String>();
            let label = rest.split(|c: char| is_hyphen(c) || c == '\n' || c == '\r').next().unwrap_or_default();
            let closing: String =
                rest.get(label.len()..).unwrap_or_default().chars().take_while(|c| is_hyphen(*c)).collect();
            let is_label = !label.is_empty() && label.len() <= LABEL && label.chars().all(is_of_a_label);
            match (hyphens.as_str(), closing.as_str()) {
                ("-----", "-----") if is_label => {
                    return Ok(Some(Self { label, body: after + label.len() + closing.len() }));
                }
                // Errors show the label, which without its closing hyphens would run on into the content.
                ("-----", "") => return Err(Unreadable::CutBegin),
                ("-----", _) if !is_label => return Err(Unreadable::CutBegin),
                // One hyphen makes a list.
                ("" | "-", _) | (_, "") => {}
                _ if is_label => return Err(Unreadable::Hyphens { line: line_of(text, at), word: "BEGIN" }),
                _ => {}
            }
        }
        Ok(None)
    }
}

/// The line that ends a block, in what follows the line that begins it.
struct End {
    from: usize,
    until: usize,
}

impl End {
    /// The next one, where its label says the same.
    fn of(label: &str, rest: &str) -> Option<Self> {
        const WORD: &str = "-----END ";
        let from = rest.find("-----")?;
        let after = rest.get(from..)?.strip_prefix(WORD)?;
        let (found, _) = after.split_once("-----")?;
        let is_same_kind = Kind::of_label(found) == Kind::of_label(label) && Kind::of_label(label) != Kind::Other;
        (found == label || is_same_kind).then_some(Self { from, until: from + WORD.len() + found.len() + 5 })
    }
}

/// The content of a block. Its headers (RFC 1421) are passed over.
fn base64(text: &str, body: usize, content: &str) -> Result<Vec<u8>, Unreadable> {
    let mut letters = String::new();
    let mut offset = body;
    for line in content.split_inclusive(['\n', '\r']) {
        let begins = offset;
        offset += line.len();
        if line.contains(": ") {
            continue;
        }
        // A line end that somebody wrote out as two characters.
        let line = line.replace("\\n", "").replace("\\r", "");
        let added: String = line.chars().filter(|c| !is_blank(*c)).collect();
        if !added.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)) {
            return Err(Unreadable::NotBase64 { line: line_of(text, begins) });
        }
        letters.push_str(&added);
    }
    FORGIVING.decode(letters).map_err(|_| Unreadable::NotBase64 { line: line_of(text, body) })
}

fn is_of_a_label(c: char) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ' || c == '#' || c == '.'
}

/// White space, and marks without a width.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{FEFF}' | '\u{200B}')
}

/// A hyphen, or what a word processor makes of several.
fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn is_hyphen_before(text: &str, at: usize) -> bool {
    text.get(..at).is_some_and(|before| before.ends_with(is_hyphen))
}

/// The line of a place, from 1, however lines end.
fn line_of(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default().replace("\r\n", "\n");
    1 + before.chars().filter(|c| matches!(c, '\n' | '\r')).count()
}
