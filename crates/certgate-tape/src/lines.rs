//! Payloads a field a line, so that people and git can read them. Nothing but the white space between fields changes.

use certgate_domain::Protocol;
use serde::de::IgnoredAny;

use super::texts::{Piece, opened, pieces};

/// Pretty-prints a payload: each member, item or element on a line of its own. Input that is neither JSON nor XML is returned unchanged,
/// and so is XML with text beside elements.
///
/// ```
/// use certgate_domain::Protocol;
/// let lines = certgate_tape::spread(b"<a><b>1</b></a>".to_vec(), Protocol::Xml);
/// assert_eq!(lines, b"<a>\n  <b>1</b>\n</a>\n");
/// ```
pub fn spread(bytes: Vec<u8>, protocol: Protocol) -> Vec<u8> {
    match protocol {
        Protocol::Xml => match std::str::from_utf8(&bytes).ok().and_then(spread_xml) {
            Some(spread) => spread,
            None => bytes,
        },
        Protocol::Json => spread_json(bytes),
    }
}

/// None where tags do not match, or text stands beside elements.
fn spread_xml(xml: &str) -> Option<Vec<u8>> {
    let pieces = pieces(xml);
    let mut out = Vec::with_capacity(xml.len() * 2);
    let mut open = Vec::new();
    let mut before: Option<&Piece<'_>> = None;
    for (at, piece) in pieces.iter().enumerate() {
        let after_opening = matches!(before, Some(Piece::Tag(tag)) if !opened(tag).is_empty());
        match piece {
            Piece::Text(text) => {
                let before_closing = matches!(pieces.get(at + 1), Some(Piece::Tag(tag)) if tag.starts_with("</"));
                if !(after_opening && before_closing || text.trim().is_empty()) {
                    return None;
                }
                out.extend_from_slice(text.as_bytes());
            }
            Piece::Tag(tag) => {
                let closing = tag.strip_prefix("</").map(|name| name.trim_end_matches('>').trim_end());
                if closing.is_some_and(|name| open.pop() != name.rsplit(':').next()) {
                    return None;
                }
                if matches!(before, Some(Piece::Tag(_))) && !(after_opening && closing.is_some()) {
                    line(&mut out, open.len());
                }
                out.extend_from_slice(tag.as_bytes());
                open.extend(Some(opened(tag)).filter(|name| !name.is_empty()));
            }
        }
        before = Some(piece);
    }
    if !out.is_empty() && !out.ends_with(b"\n") {
        out.push(b'\n');
    }
    open.is_empty().then_some(out)
}

fn spread_json(bytes: Vec<u8>) -> Vec<u8> {
    if serde_json::from_slice::<IgnoredAny>(&bytes).is_err() {
        return bytes;
    }
    let mut out = Vec::with_capacity(bytes.len() * 2);
    let mut depth = 0usize;
    let mut quoted = false;
    let mut escaped = false;
    let mut opened = false;
    for byte in bytes {
        if quoted {
            out.push(byte);
            quoted = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        if byte.is_ascii_whitespace() {
            continue;
        }
        if matches!(byte, b'}' | b']') {
            depth = depth.saturating_sub(1);
            if !opened {
                line(&mut out, depth);
            }
        } else if opened {
            line(&mut out, depth);
        }
        out.push(byte);
        opened = matches!(byte, b'{' | b'[');
        match byte {
            b'{' | b'[' => depth += 1,
            b',' => line(&mut out, depth),
            b':' => out.push(b' '),
            b'"' => quoted = true,
            _ => {}
        }
    }
    out.push(b'\n');
    out
}

fn line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    out.resize(out.len() + 2 * depth, b' ');
}

#[cfg(test)]
mod tests {
    use certgate_domain::Protocol;

    use super::spread;

    #[test]
    fn white_space_only() {
        for (compact, expected) in [
            (r#"{"a":[1,2.50],"b":{},"c":[],"d":"x\\\"{,: y","a":1e400}"#, None),
            (r#"{ "a" : [ ] }"#, Some("{\n  \"a\": []\n}\n")),
            (r#"{"a":1,"b":[{"c":2}]}"#, Some("{\n  \"a\": 1,\n  \"b\": [\n    {\n      \"c\": 2\n    }\n  ]\n}\n")),
            ("{\"a\":", Some("{\"a\":")),
            ("<html>", Some("<html>")),
        ] {
            let spread_out = String::from_utf8(spread(compact.as_bytes().to_vec(), Protocol::Json)).unwrap();
            if let Some(expected) = expected {
                assert_eq!(spread_out, expected);
            }
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(bare(&spread_out), bare(compact));
        }
    }

    #[test]
    fn xml_between_elements_only() {
        for (compact, expected) in [
            (
                "<?xml version=\"1.0\"?><a><b k=\">\"> x </b><c/><d></d><e> </e></a>",
                Some("<?xml version=\"1.0\"?>\n<a>\n  <b k=\">\"> x </b>\n  <c/>\n  <d></d>\n  <e> </e>\n</a>\n"),
            ),
            ("<n:a><![CDATA[<b></b>\n]]></n:a>", Some("<n:a><![CDATA[<b></b>\n]]></n:a>\n")),
            ("<a>\n <b>x</b>\n</a>\n", Some("<a>\n <b>x</b>\n</a>\n")),
            ("<a>x<b/><c/></a>", None),
            ("<a><b></a></b>", None),
            ("<a><b>", None),
            ("<html><p>unknown<br></html>", None),
            ("", None),
        ] {
            let spread_out = String::from_utf8(spread(compact.as_bytes().to_vec(), Protocol::Xml)).unwrap();
            assert_eq!(spread_out, expected.unwrap_or(compact));
        }
    }
}
