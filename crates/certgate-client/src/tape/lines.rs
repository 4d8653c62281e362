//! JSON a field a line, so that people and git can read it. Nothing but the white space changes.

use serde::de::IgnoredAny;

/// The same JSON with its members and items on lines of their own; what is no JSON stays as it is.
pub(super) fn spread(bytes: Vec<u8>) -> Vec<u8> {
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
            let spread_out = String::from_utf8(spread(compact.as_bytes().to_vec())).unwrap();
            if let Some(expected) = expected {
                assert_eq!(spread_out, expected);
            }
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(bare(&spread_out), bare(compact));
        }
    }
}
