//! Whether a secret is left in some bytes, in whatever spelling.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Shorter secrets are found in anything.
const SHORTEST: usize = 4;

/// The spelling of a secret that is left, where one is. The name of a field is no secret, be it the same word.
pub(crate) fn leak(bytes: &[u8], secrets: &[String]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(bytes);
    let views: [(&'static str, String); 4] = [
        ("as it is", text.clone().into_owned()),
        ("URL-escaped", percent_decoded(&text)),
        ("XML-escaped", xml_decoded(&text)),
        ("JSON-escaped", json_decoded(&text)),
    ];
    for secret in secrets.iter().filter(|secret| secret.chars().count() >= SHORTEST) {
        for (name, view) in &views {
            if is_in(view, secret) {
                return Some(name);
            }
        }
        if base64_runs(&text).any(|decoded| contains(&decoded, secret.as_bytes())) {
            return Some("Base64");
        }
    }
    None
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

fn percent_decoded(text: &str) -> String {
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

fn xml_decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        decoded.push_str(before);
        let end = from.find(';').filter(|end| *end < 12);
        let named = end.and_then(|end| entity(from.get(1..end)?).map(|c| (c, end + 1)));
        let (c, length) = named.unwrap_or(('&', 1));
        decoded.push(c);
        rest = from.get(length..).unwrap_or_default();
    }
    decoded + rest
}

fn entity(name: &str) -> Option<char> {
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
fn json_decoded(text: &str) -> String {
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
fn base64_runs(text: &str) -> impl Iterator<Item = Vec<u8>> + '_ {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let standard = GeneralPurpose::new(&alphabet::STANDARD, config);
    let url = GeneralPurpose::new(&alphabet::URL_SAFE, config);
    let is_run = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    text.split(move |c: char| !is_run(c)).filter(|run| run.len() >= 6).flat_map(move |run| {
        let whole = run.get(..run.len() - usize::from(run.len() % 4 == 1)).unwrap_or_default();
        // Something may stand right before it: every start of a group of four.
        let decoded: Vec<Vec<u8>> = (0..4)
            .filter_map(|skip| {
                let part = whole.get(skip..)?;
                let part = part.get(..part.len() - usize::from(part.len() % 4 == 1))?;
                standard.decode(part).or_else(|_| url.decode(part)).ok()
            })
            .collect();
        decoded
    })
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
            ("s3cr t".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(leak(text.as_bytes(), &secrets), expected, "{text}");
        }
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
