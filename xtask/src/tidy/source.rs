//! A Rust source as a rule looks at it: its code and its texts, each with its line, without comments and without its tests.

use std::collections::BTreeSet;

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// The line it starts on, from 1.
    pub(super) line: usize,
    pub(super) is_text: bool,
    pub(super) content: String,
}

/// The code and the string literals of a source, in their order. What stands below `#[cfg(test)]` is left out: by this
/// repository's convention tests end a file.
pub(super) fn pieces(source: &str) -> Vec<Piece> {
    let source = source.split("\n#[cfg(test)]").next().unwrap_or_default();
    let mut pieces = Vec::new();
    let (mut line, mut at) = (1, 0);
    let mut code = String::new();
    let rest = |at: usize| source.get(at..).unwrap_or_default();
    let mut flush = |code: &mut String, line: usize| {
        if !code.trim().is_empty() {
            pieces.push(Piece { line, is_text: false, content: std::mem::take(code) });
        }
        code.clear();
    };
    let mut texts = Vec::new();
    while let Some(c) = rest(at).chars().next() {
        let here = rest(at);
        if here.starts_with("//") {
            at += here.find('\n').unwrap_or(here.len());
        } else if here.starts_with("/*") {
            let length = here.find("*/").map_or(here.len(), |end| end + 2);
            line += here.get(..length).unwrap_or_default().matches('\n').count();
            at += length;
        } else if let Some((start, end)) = text(here, code.chars().next_back()) {
            let content = here.get(start..end).unwrap_or_default();
            texts.push(Piece { line, is_text: true, content: content.to_owned() });
            // The closing quote and its hashes are as long as the opening ones, but for an `r`, `b` or `c` before them.
            let opening = here.get(..start).unwrap_or_default().trim_start_matches(['r', 'b', 'c']).len();
            line += content.matches('\n').count();
            at += end + opening;
        } else if let Some(length) = character(here) {
            at += length;
        } else {
            if c == '\n' {
                flush(&mut code, line);
                line += 1;
            } else {
                code.push(c);
            }
            at += c.len_utf8();
        }
    }
    flush(&mut code, line);
    pieces.extend(texts);
    pieces.sort_by_key(|piece| piece.line);
    pieces
}

/// How many lines hold code: not those of comments, of texts that go over several lines, and of tests.
pub(super) fn code_lines(source: &str) -> usize {
    let lines: BTreeSet<usize> = pieces(source).iter().filter(|piece| !piece.is_text).map(|piece| piece.line).collect();
    lines.len()
}

/// Where the content of a string literal starts and ends, if one stands here.
fn text(here: &str, before: Option<char>) -> Option<(usize, usize)> {
    let is_word = before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        let rest = here.strip_prefix(prefix);
        (prefix.is_empty() || !is_word) && rest.is_some_and(|rest| rest.trim_start_matches('#').starts_with('"'))
    })?;
    let rest = here.strip_prefix(prefix)?;
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    if !prefix.contains('r') && hashes > 0 {
        return None;
    }
    let start = prefix.len() + hashes + 1;
    let body = here.get(start..)?;
    if prefix.contains('r') {
        let end = body.find(&format!("\"{}", "#".repeat(hashes)))?;
        return Some((start, start + end));
    }
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some((start, start + at)),
            _ => {}
        }
    }
    None
}

/// The length of a character literal, if one stands here and not a lifetime.
fn character(here: &str) -> Option<usize> {
    let body = here.strip_prefix('\'')?;
    let mut chars = body.char_indices();
    match chars.next()?.1 {
        '\\' => body.char_indices().skip(2).find(|(_, c)| *c == '\'').map(|(at, _)| at + 2),
        _ => chars.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at + 2),
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::{code_lines, pieces};

    #[test]
    fn code_and_texts_without_comments_and_tests() {
        let source = "//! \"doc\"\nlet a = \"one \\\" two\"; // \"no\"\nlet b = r#\"three \"four\"\"#;\n/* \"no\"\n */ let c = '\"';\n\
                      fn d<'a>(e: &'a str) {}\nlet f = \"five\n  six\"; g\n#[cfg(test)]\nmod tests { \"no\" }\n";
        let shown: Vec<(usize, bool, String)> = pieces(source)
            .into_iter()
            .map(|piece| (piece.line, piece.is_text, piece.content.trim().to_owned()))
            .collect();
        let expected = [
            (2, false, "let a = ;"),
            (2, true, "one \\\" two"),
            (3, false, "let b = ;"),
            (3, true, "three \"four\""),
            (5, false, "let c = ;"),
            (6, false, "fn d<'a>(e: &'a str) {}"),
            (7, true, "five\n  six"),
            (8, false, "let f = ; g"),
        ];
        assert_eq!(shown, expected.map(|(line, is_text, content)| (line, is_text, content.to_owned())));
        assert_eq!(code_lines(source), 5);
    }
}
