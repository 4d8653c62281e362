//! Secrets by what stands before them, in a body of no protocol: a page, another format, a protocol within a text.

use crate::escape::{json, percent, xml};

/// What a label of a secret ends with, in small letters and without `_` and `-`.
const SECRET: [&str; 9] =
    ["password", "passwd", "token", "authinfo", "session", "sessionid", "hash", "privatekey", "authorization"];

const BLANK: &str = "…";

/// Blanks what a label names as a secret: `password=x`, `'password': 'x'`, `<password>x</password>`, `password="x"`, escaped or not. Rather too much
/// than too little: nothing else is known of such a body.
pub(crate) fn blanked(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        let word = bytes.get(at..).unwrap_or_default().iter().take_while(|byte| is_of_word(**byte)).count();
        let end = at + word;
        at = end.max(at + 1);
        if !text.get(end - word..end).is_some_and(is_secret) {
            continue;
        }
        if let Some((start, end)) = value(bytes, end) {
            out.push_str(text.get(copied..start).unwrap_or_default());
            out.push_str(BLANK);
            (copied, at) = (end, end);
        }
    }
    out + text.get(copied..).unwrap_or_default()
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn is_secret(word: &str) -> bool {
    /// The longest of them, with what may stand between its words.
    const LONGEST: usize = 20;
    let end = word.get(word.len().saturating_sub(LONGEST)..).unwrap_or_default();
    let plain: String = end.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    SECRET.iter().any(|secret| plain.ends_with(secret))
}

/// Where the value stands whose label ends there.
fn value(bytes: &[u8], label: usize) -> Option<(usize, usize)> {
    let mut start = label;
    // The sign that assigns, and the quotation mark after it with the length that it is written in.
    let (mut assigns, mut quote) = (None, None);
    loop {
        let rest = bytes.get(start..)?;
        let (byte, length) = sign(rest)?;
        start += match byte {
            b':' | b'=' | b'>' => {
                (assigns, quote) = (Some(byte), None);
                length
            }
            b'"' | b'\'' => {
                quote = assigns.map(|_| (byte, length));
                length
            }
            b'\\' | b'[' | b'{' | b' ' | b'\t' | b'\r' | b'\n' => length,
            _ if rest.starts_with(b"<![CDATA[") => b"<![CDATA[".len(),
            // Of a form: `name="password" value="x"`.
            _ if rest.starts_with(b"value") => b"value".len(),
            _ => break,
        };
    }
    let assigns = assigns?;
    let mut end = start;
    while let Some((byte, length)) = sign(bytes.get(end..).unwrap_or_default()) {
        let ends = match (quote, assigns) {
            (Some((quote, longest)), _) => byte == quote && length <= longest,
            (None, b'>') => byte == b'<',
            (None, _) => matches!(byte, b'\n' | b'\r' | b',' | b';' | b'&' | b'}' | b']' | b'<' | b'"' | b'\''),
        };
        if ends {
            break;
        }
        end += length;
    }
    (end > start).then_some((start, end))
}

/// The byte that starts here, escaped or not, and the length that it is written in.
fn sign(rest: &[u8]) -> Option<(u8, usize)> {
    let first = *rest.first()?;
    let escaped = match first {
        b'\\' => json(rest),
        b'&' => xml(rest),
        b'%' => percent(rest),
        _ => None,
    };
    let sign = escaped.and_then(|escaped| match escaped.bytes() {
        [byte] => Some((*byte, escaped.length)),
        _ => None,
    });
    Some(sign.unwrap_or((first, 1)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::blanked;

    #[test]
    fn what_a_label_names_is_blanked() {
        for (body, expected) in [
            ("<password>x</password>", "<password>…</password>"),
            ("<a:Password><![CDATA[x]]></a:Password>", "<a:Password><![CDATA[…</a:Password>"),
            (r#"<auth password="x" user="u"/>"#, r#"<auth password="…" user="u"/>"#),
            (r#"<field name="password">x</field>"#, r#"<field name="password">…</field>"#),
            (r#"<input name="password" value="x">"#, r#"<input name="password" value="…">"#),
            ("&lt;password&gt;x&lt;/password&gt;", "&lt;password&gt;…&lt;/password&gt;"),
            (r#"{"user":"u","password":"x\"y"}"#, r#"{"user":"u","password":"…"}"#),
            ("{'password': 'x', 'user': 'u'}", "{'password': '…', 'user': 'u'}"),
            ("{'password':{'value':['x']}}", "{'password':{'value':['…']}}"),
            (r#"{user:"u",authInfo:"x"}"#, r#"{user:"u",authInfo:"…"}"#),
            (r#"{\"password\":\"x\",\"user\":\"u\"}"#, r#"{\"password\":\"…\",\"user\":\"u\"}"#),
            (r"\u0022password\u0022:\u0022x\u0022}", r"\u0022password\u0022:\u0022…\u0022}"),
            ("%7B%22password%22%3A%22x%22%7D", "%7B%22password%22%3A%22…%22%7D"),
            ("{&quot;hash&quot;:&quot;x&quot;}", "{&quot;hash&quot;:&quot;…&quot;}"),
            ("password=x&user=u", "password=…&user=u"),
            ("Authorization: Basic x\nHost: h", "Authorization: …\nHost: h"),
            ("X-Domainrobot-SessionId: x\r\n", "X-Domainrobot-SessionId: …\r\n"),
            ("Cookie: domainrobot_session=x; a=b", "Cookie: domainrobot_session=…; a=b"),
            // One that is cut short.
            (r#"{"user password":"ü x"#, r#"{"user password":"…"#),
            ("the password is wrong, hash algorithms: none", "the password is wrong, hash algorithms: none"),
            ("<password></password><user>u</user>", "<password></password><user>u</user>"),
            ("passwords: 3, tokenized=4", "passwords: 3, tokenized=4"),
            ("", ""),
        ] {
            let once = blanked(body);
            assert_eq!(once, expected, "{body}");
            assert_eq!(blanked(&once), once, "{body}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(body in ".{0,200}") {
            blanked(&body);
        }

        #[test]
        fn pieces_around_secrets(pieces in proptest::collection::vec(
            proptest::sample::select(vec!["password", ":", "=", "\"", "'", "\\", "<", ">", "&quot;", "%22", "value", "ü", " ", "{", ",", "\\u0022"]), 0..24)) {
            blanked(&pieces.concat());
        }
    }
}
