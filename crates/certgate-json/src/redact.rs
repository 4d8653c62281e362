//! Removes secrets from a body, which need not be well-formed.

use certgate_wire::is_secret_name;

use crate::scan;

const BLANK: &str = "…";

/// Replaces secrets. Does not depend on what came before a field: a body that is cut off at either end is handled like a whole one.
pub(crate) fn redact(body: &[u8]) -> Vec<u8> {
    let mut redacted = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(&byte) = rest.first() {
        let blanked = match byte {
            b'"' => field(rest),
            b'-' => private_key(rest),
            _ => None,
        };
        let (kept, length) = match &blanked {
            Some(Blanked { kept, length, .. }) => (*kept, *length),
            None => {
                let run = rest.iter().skip(1).position(|byte| matches!(byte, b'"' | b'-'));
                let run = run.map_or(rest.len(), |run| run + 1);
                (run, run)
            }
        };
        redacted.extend_from_slice(rest.get(..kept).unwrap_or_default());
        if let Some(blanked) = blanked {
            redacted.extend_from_slice(blanked.instead.as_bytes());
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    redacted
}

/// The start of the rest that is kept, what follows in its place, and how much both take the place of.
struct Blanked {
    kept: usize,
    instead: String,
    length: usize,
}

/// A secret's field, whose key starts here.
fn field(rest: &[u8]) -> Option<Blanked> {
    let key = key(rest)?;
    let colon = key + blanks(rest.get(key..)?);
    if rest.get(colon) != Some(&b':') {
        return None;
    }
    let value = colon + 1 + blanks(rest.get(colon + 1..)?);
    let length = value + value_length(rest.get(value..)?);
    (length > value).then(|| Blanked { kept: value, instead: format!("\"{BLANK}\""), length })
}

/// The byte after the key that starts here, where it names a secret; its characters may be escaped.
fn key(rest: &[u8]) -> Option<usize> {
    const LONGEST: usize = 23;
    let mut name = String::with_capacity(LONGEST);
    let mut at = 1;
    while name.len() <= LONGEST {
        match rest.get(at)? {
            b'"' => return is_secret_name(&name).then_some(at + 1),
            b'\\' => {
                let (character, length) = scan::escape(rest.get(at..)?).ok()?;
                name.push(character);
                at += length;
            }
            byte => {
                name.push(char::from(*byte));
                at += 1;
            }
        }
    }
    None
}

fn blanks(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// How long the value is that starts here; to the end where it is cut short.
fn value_length(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(b'"') => text_length(bytes),
        Some(b'{' | b'[') => {
            let mut depth = 0usize;
            let mut at = 0;
            while let Some(byte) = bytes.get(at) {
                match byte {
                    b'"' => {
                        at += text_length(bytes.get(at..).unwrap_or_default());
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    break;
                }
            }
            at
        }
        _ => bytes.iter().position(|byte| matches!(byte, b',' | b'}' | b']' | b'\n')).unwrap_or(bytes.len()),
    }
}

/// How long the text is whose opening quote stands here, both quotes included.
pub(crate) fn text_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// A private key in PEM that starts here, to its last line, or to the end of the text that it stands in.
fn private_key(rest: &[u8]) -> Option<Blanked> {
    const END: &[u8] = b"-----END ";
    const LABEL: &[u8] = b"PRIVATE KEY-----";
    /// As long as the words before may be, such as `ENCRYPTED `.
    const WORDS: usize = 32;
    let label = rest.strip_prefix(b"-----BEGIN ")?;
    let words = find(label.get(..WORDS + LABEL.len()).unwrap_or(label), LABEL)?;
    if !label.get(..words)?.iter().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b' ' | b'0'..=b'9')) {
        return None;
    }
    let kept = rest.len() - label.len() + words + LABEL.len();
    let secret = rest.get(kept..)?;
    let until_quote = secret.iter().position(|byte| *byte == b'"').unwrap_or(secret.len());
    let length = find(secret.get(..until_quote)?, END).unwrap_or(until_quote);
    Some(Blanked { kept, instead: BLANK.to_owned(), length: kept + length })
}

fn find(bytes: &[u8], sought: &[u8]) -> Option<usize> {
    bytes.windows(sought.len()).position(|window| window == sought)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::redact;

    #[test]
    fn secrets_are_blanked_and_the_rest_is_kept() {
        for (body, expected) in [
            (r#"{"password":"x","user":"y"}"#, r#"{"password":"…","user":"y"}"#),
            (r#"{"PassWord" : "a\"b\\", "n":1}"#, r#"{"PassWord" : "…", "n":1}"#),
            (r#"{"token":12,"authinfo":null}"#, r#"{"token":"…","authinfo":"…"}"#),
            (r#"{"token":{"a":"}","b":[1]},"c":2}"#, r#"{"token":"…","c":2}"#),
            (r#"{"pass\u0077ord":"x"}"#, r#"{"pass\u0077ord":"…"}"#),
            (r#"{"password":"cut sho"#, r#"{"password":"…""#),
            (r#"{"password":"cut\"#, r#"{"password":"…""#),
            (r#"{"password":"#, r#"{"password":"#),
            (r#"rt","password":"x"}"#, r#"rt","password":"…"}"#),
            (r#"{"x-domainrobot-sessionid":"x"}"#, r#"{"x-domainrobot-sessionid":"…"}"#),
            (r#"{"session_id":"x","privateKey":"y"}"#, r#"{"session_id":"…","privateKey":"…"}"#),
            (r#"{"name":"password","value":"kept"}"#, r#"{"name":"password","value":"kept"}"#),
            (r#"{"passwordExpired":true}"#, r#"{"passwordExpired":true}"#),
            ("{\"hash\"\n:\t[\"a\", \"b\"]}", "{\"hash\"\n:\t\"…\"}"),
            ("{\"sessionId\": abc\n}", "{\"sessionId\": \"…\"\n}"),
            (
                r#"{"k":"-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\n"}"#,
                r#"{"k":"-----BEGIN RSA PRIVATE KEY-----…-----END RSA PRIVATE KEY-----\n"}"#,
            ),
            (r#"{"k":"-----BEGIN PRIVATE KEY-----\nMII","n":1}"#, r#"{"k":"-----BEGIN PRIVATE KEY-----…","n":1}"#),
            (r#"{"k":"-----BEGIN CERTIFICATE-----\nMII"}"#, r#"{"k":"-----BEGIN CERTIFICATE-----\nMII"}"#),
            ("", ""),
            ("<html>", "<html>"),
        ] {
            let once = redact(body.as_bytes());
            assert_eq!(String::from_utf8_lossy(&once), expected, "{body}");
            assert_eq!(redact(&once), once, "{body}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_once_is_enough(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let once = redact(&body);
            prop_assert_eq!(redact(&once), once.clone());
        }

        #[test]
        fn pieces_around_secrets(pieces in proptest::collection::vec(
            proptest::sample::select(vec![
                "\"password\"", ":", "\"", "\\", "{", "}", "[", ",", " ", "x", "-----BEGIN PRIVATE KEY-----", "-----END ", "token", "\n",
            ]), 0..24)) {
            let once = redact(pieces.concat().as_bytes());
            prop_assert_eq!(redact(&once), once.clone());
        }
    }
}
