//! Removes secrets from a body, which need not be well-formed.

use certgate_wire::is_secret_name;

/// Elements that contain secret ones. Any text of their own can only be a secret that lost its element.
const HOLDERS: [&str; 2] = ["auth", "auth_session"];

/// The replacement of a secret.
const BLANK: &str = "…";

/// Replaces the content of secret elements and private keys; of an unfinished one, everything up to the end.
pub(crate) fn redact(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.iter().position(|byte| *byte == b'<') {
        let (before, tag) = rest.split_at(at);
        out.extend_from_slice(before);
        let Some(name) = secret_element(tag) else {
            out.push(b'<');
            rest = tag.get(1..).unwrap_or_default();
            continue;
        };
        let Some(close) = tag.iter().position(|byte| *byte == b'>') else {
            // Cut off inside the tag: an attribute could hold it.
            out.extend_from_slice(b"<");
            out.extend_from_slice(name.as_bytes());
            return keys_blanked(out);
        };
        let (open, inside) = tag.split_at(close + 1);
        out.extend_from_slice(open);
        rest = inside;
        if open.ends_with(b"/>") {
            continue;
        }
        let end = if is_secret(&name) { closing(inside, &name) } else { own_text(inside) };
        let content = inside.get(..end).unwrap_or_default();
        let is_nothing = content.is_empty() || !is_secret(&name) && content.trim_ascii().is_empty();
        out.extend_from_slice(if is_nothing { content } else { BLANK.as_bytes() });
        rest = inside.get(end..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    keys_blanked(out)
}

/// The name of the secret element or holder that starts here, in its own spelling.
fn secret_element(tag: &[u8]) -> Option<String> {
    let name: Vec<u8> =
        tag.iter().skip(1).take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.:".contains(byte)).copied().collect();
    String::from_utf8(name)
        .ok()
        .filter(|name| is_secret(name) || HOLDERS.iter().any(|holder| local(name).eq_ignore_ascii_case(holder)))
}

/// Whether the content of an element of that name is secret.
pub(crate) fn is_secret(name: &str) -> bool {
    is_secret_name(local(name))
}

/// The name without its namespace.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or_default()
}

/// Where the element's end tag starts, outside of CDATA and comments and past elements of its own name; the end of the bytes
/// where there is none.
fn closing(inside: &[u8], name: &str) -> usize {
    let (start_tag, end_tag) = (format!("<{name}").into_bytes(), format!("</{name}").into_bytes());
    let mut nested = 0;
    let mut at = 0;
    while let Some(rest) = inside.get(at..).filter(|rest| !rest.is_empty()) {
        let skipped = if rest.starts_with(b"<![CDATA[") {
            find(rest, b"]]>").map_or(rest.len(), |end| end + 3)
        } else if rest.starts_with(b"<!--") {
            find(rest, b"-->").map_or(rest.len(), |end| end + 3)
        } else if is_tag(rest, &end_tag) {
            if nested == 0 {
                return at;
            }
            nested -= 1;
            end_tag.len()
        } else if is_tag(rest, &start_tag) {
            let end = rest.iter().position(|byte| *byte == b'>').map_or(rest.len(), |end| end + 1);
            if !rest.get(..end).is_some_and(|tag| tag.ends_with(b"/>")) {
                nested += 1;
            }
            end
        } else {
            1
        };
        at += skipped;
    }
    inside.len()
}

/// Where the text at the start ends, CDATA and comments with it, and the first element or the end tag starts.
fn own_text(inside: &[u8]) -> usize {
    let starts = |pair: &[u8]| pair.first() == Some(&b'<') && pair.get(1) != Some(&b'!');
    inside.windows(2).position(starts).unwrap_or(inside.len())
}

/// Whether the bytes start with that tag, in any case, and not with one of a longer name.
fn is_tag(bytes: &[u8], tag: &[u8]) -> bool {
    let starts = bytes.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    starts && bytes.get(tag.len()).is_some_and(|next| matches!(next, b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n'))
}

pub(crate) fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// Blanks PEM blocks of private keys.
fn keys_blanked(bytes: Vec<u8>) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.as_slice();
    while let Some(at) = find(rest, b"-----BEGIN ") {
        let (before, block) = rest.split_at(at);
        out.extend_from_slice(before);
        let line = block.get(..80.min(block.len())).unwrap_or_default();
        let Some(label_end) = find(line, b"PRIVATE KEY-----") else {
            out.extend_from_slice(b"-----BEGIN ");
            rest = block.get(11..).unwrap_or_default();
            continue;
        };
        let start = label_end + b"PRIVATE KEY-----".len();
        out.extend_from_slice(block.get(..start).unwrap_or_default());
        out.extend_from_slice(BLANK.as_bytes());
        let inside = block.get(start..).unwrap_or_default();
        rest = find(inside, b"-----END ").and_then(|end| inside.get(end..)).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::redact;

    #[test]
    fn secrets_are_blanked() {
        for (body, expected) in [
            (
                "<auth><user>u</user><password>s3&amp;t</password></auth>",
                "<auth><user>u</user><password>…</password></auth>",
            ),
            ("<password><![CDATA[a</password>b]]></password><x>1</x>", "<password>…</password><x>1</x>"),
            ("<a:Password kind=\"x\">p</a:Password>", "<a:Password kind=\"x\">…</a:Password>"),
            (
                "<session_id>x</session_id><a:sessionId>y</a:sessionId><privateKey>z</privateKey>",
                "<session_id>…</session_id><a:sessionId>…</a:sessionId><privateKey>…</privateKey>",
            ),
            ("<password>cut of", "<password>…"),
            ("<password secret", "<password"),
            ("<password/><x>y</x>", "<password/><x>y</x>"),
            (
                "<authinfo>S0L</authinfo><auth_session><hash>h</hash></auth_session>",
                "<authinfo>…</authinfo><auth_session><hash>…</hash></auth_session>",
            ),
            ("<auth_session>h</auth_session>x", "<auth_session>…</auth_session>x"),
            ("<auth>\n<![CDATA[h]]> <user>u</user></auth>", "<auth>…<user>u</user></auth>"),
            ("<auth>\n <user>u</user>\n</auth>", "<auth>\n <user>u</user>\n</auth>"),
            ("<auth_session>cut of", "<auth_session>…"),
            ("<passwords>kept</passwords>", "<passwords>kept</passwords>"),
            ("<password>a</passwords>b</password>c", "<password>…</password>c"),
            ("<hash>a<hash>b</hash>c<hash/>d</hash>e", "<hash>…</hash>e"),
            ("<token><!-- </token> -->t</token >u", "<token>…</token >u"),
            ("<token>t<!-- </token>", "<token>…"),
            ("<a:token>t</b:token>u", "<a:token>…"),
            (
                "-----BEGIN RSA PRIVATE KEY-----abc-----END RSA PRIVATE KEY-----x",
                "-----BEGIN RSA PRIVATE KEY-----…-----END RSA PRIVATE KEY-----x",
            ),
            ("no markup at all", "no markup at all"),
            ("", ""),
        ] {
            let once = redact(body.as_bytes());
            assert_eq!(String::from_utf8_lossy(&once), expected, "{body}");
            assert_eq!(redact(&once), once, "twice: {body}");
        }
    }
}
