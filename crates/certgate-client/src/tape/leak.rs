//! Whether a secret is left in some bytes, in whatever spelling.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Shorter secrets are found in anything.
const SHORTEST: usize = 4;
/// Texts that are looked through: every order of three escapes undone twice, and most of thrice.
const VIEWS: usize = 24;

/// The ways a text is escaped, and how that is undone.
const ESCAPES: [(&str, Undo); 3] =
    [("URL-escaped", percent_decoded), ("XML-escaped", xml_decoded), ("JSON-escaped", json_decoded)];

type Undo = fn(&str) -> String;

/// The spelling of a secret that is left, where one is. The name of a field is no secret, be it the same word.
pub(crate) fn leak(bytes: &[u8], secrets: &[String]) -> Option<&'static str> {
    if secrets.is_empty() {
        return None;
    }
    if secrets.iter().any(|secret| secret.chars().count() < SHORTEST) {
        return Some("or may be: with less than 4 characters it cannot be told from other text");
    }
    let views = views(String::from_utf8_lossy(bytes).into_owned());
    let left = views.iter().find(|(_, view)| secrets.iter().any(|secret| is_in(view, secret)));
    left.map(|(name, _)| *name).or_else(|| {
        let in_base64 = |view: &str| {
            base64_runs(view).any(|decoded| secrets.iter().any(|secret| contains(&decoded, secret.as_bytes())))
        };
        views.iter().any(|(_, view)| in_base64(view)).then_some("Base64")
    })
}

/// The text, and what it is with its escapes undone, in every order and as often as that changes anything.
fn views(text: String) -> Vec<(&'static str, String)> {
    let mut views = vec![("as it is", text)];
    let mut at = 0;
    while let Some((_, view)) = views.get(at).filter(|_| views.len() < VIEWS) {
        let undone: Vec<_> = ESCAPES.iter().map(|(name, undo)| (*name, undo(view))).collect();
        for (name, text) in undone {
            if views.iter().all(|(_, known)| *known != text) {
                views.push((if at == 0 { name } else { "escaped more than once" }, text));
            }
        }
        at += 1;
    }
    views
}

fn is_in(text: &str, secret: &str) -> bool {
    text.match_indices(secret).any(|(at, _)| {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + secret.len()..).unwrap_or_default());
        !is_name(before, after)
    })
}

/// Whether what stands between these two is the name of an element or a field, or of a task's file.
pub(crate) fn is_name(before: &str, after: &str) -> bool {
    let element = (before.ends_with('<') || before.ends_with("</")) && after.starts_with(['>', '/', ' ']);
    let field =
        before.ends_with('"') && after.strip_prefix('"').is_some_and(|after| after.trim_start().starts_with(':'));
    // The list of what was taken out.
    let listed = before.ends_with('"')
        && after.starts_with('"')
        && before.rfind("\"redacted\":[").is_some_and(|start| !before.get(start..).unwrap_or_default().contains(']'));
    element || field || listed
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

pub(super) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match (byte, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(decoded)) => {
                bytes.push(decoded);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

pub(super) fn xml_decoded(text: &str) -> String {
    /// Zeros may stand before a number.
    const LONGEST: usize = 32;
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        decoded.push_str(before);
        let end = from.find(';').filter(|end| *end <= LONGEST);
        let named = end.and_then(|end| entity(from.get(1..end)?).map(|c| (c, end + 1)));
        let (c, length) = named.unwrap_or(('&', 1));
        decoded.push(c);
        rest = from.get(length..).unwrap_or_default();
    }
    decoded + rest
}

pub(crate) fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// Whatever the quotes before it: escapes are undone wherever they stand.
pub(super) fn json_decoded(text: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        let escaped = if c == '\\' { after.chars().next() } else { None };
        let (unit, length) = match escaped {
            Some('u') => match after.get(1..5).and_then(|hex| u16::from_str_radix(hex, 16).ok()) {
                Some(unit) => (Some(unit), 6),
                None => (None, 1),
            },
            Some('b') => (Some(0x08), 2),
            Some('f') => (Some(0x0C), 2),
            Some('n') => (Some(0x0A), 2),
            Some('t') => (Some(0x09), 2),
            Some('r') => (Some(0x0D), 2),
            Some(plain @ ('"' | '\\' | '/')) => (Some(plain as u16), 2),
            _ => (None, c.len_utf8()),
        };
        match unit {
            Some(unit) => units.push(unit),
            None => units.extend(c.encode_utf16(&mut [0; 2]).iter()),
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    String::from_utf16_lossy(&units)
}

/// What stands in Base64, of either alphabet, with or without padding and line ends.
fn base64_runs(text: &str) -> impl Iterator<Item = Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let standard = GeneralPurpose::new(&alphabet::STANDARD, config);
    let joined: String = text
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        })
        .collect();
    let runs = joined.split(|c: char| !(c.is_ascii_alphanumeric() || "+/".contains(c))).filter(|run| run.len() >= 6);
    // Something may stand right before it: every start of a group of four.
    let parts = runs.flat_map(|run| (0..4).filter_map(|skip| run.get(skip..)));
    let decoded: Vec<_> = parts
        .filter_map(|part| standard.decode(part.get(..part.len() - usize::from(part.len() % 4 == 1))?).ok())
        .collect();
    decoded.into_iter()
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};

    use super::leak;

    #[test]
    fn spellings() {
        let secret = "s3cr&t<>:ü]]>".to_owned();
        let secrets = [secret.clone()];
        let basic = format!("Basic {}", STANDARD.encode(format!("user:{secret}")));
        for (text, expected) in [
            (format!("a {secret} b"), Some("as it is")),
            ("s3cr%26t%3c%3E%3A%C3%BC%5D%5D%3E".to_owned(), Some("URL-escaped")),
            ("s3cr&amp;t&lt;&#62;:&#xFC;]]&gt;".to_owned(), Some("XML-escaped")),
            ("\\u0073\\u0033cr&t<>:\\u00fc]]>".to_owned(), Some("JSON-escaped")),
            (basic, Some("Base64")),
            ("s3cr&amp;amp;t&amp;lt;&amp;gt;:ü]]&amp;gt;".to_owned(), Some("escaped more than once")),
            ("s3cr&amp;t\\u003c&gt;:\\u00fc]]&#x0000000003E;".to_owned(), Some("escaped more than once")),
            ("czNjciZ0PD46w7xd\\nXT4=".to_owned(), Some("Base64")),
            (format!("c:\n  {}\r\n  {}", "czNjciZ0", "PD46w7xdXT4="), Some("Base64")),
            ("dXNlcjpzM2NyJnQ8PjrDvF1dPg%3D%3D".to_owned(), Some("Base64")),
            ("x-y: eHhz\\/M2NyJnQ8PjrDvF1dPnl5".to_owned(), None),
            ("czNjciZ0PD46w7xdXT4_-w".to_owned(), Some("Base64")),
            ("s3cr t".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(leak(text.as_bytes(), &secrets), expected, "{text}");
        }
    }

    /// What cannot be looked for is not passed over in silence.
    #[test]
    fn a_short_secret() {
        assert!(leak(b"anything", &["abc".to_owned()]).unwrap().contains("less than 4 characters"));
    }

    #[test]
    fn a_name_is_no_secret() {
        let secrets = ["password".to_owned()];
        for text in ["<password>…</password>", "{\"password\" : \"…\"}", "{\"redacted\":[\"password\"]}"] {
            assert_eq!(leak(text.as_bytes(), &secrets), None, "{text}");
        }
        for text in ["<user>password</user>", "{\"name\":\"password\"}", "password"] {
            assert!(leak(text.as_bytes(), &secrets).is_some(), "{text}");
        }
    }
}
