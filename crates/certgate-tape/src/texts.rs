//! The texts of a payload where they stand: what each says, however it is spelled, and another in its place.

use certgate_client::escape::{self, undone};
use serde_json::Value;

/// What stands in a text's place, by the name of its field and by what it says; none where it stays.
pub(super) type Replace<'a> = dyn FnMut(&str, &str) -> Option<String> + 'a;

/// A piece of XML: a tag or declaration, or what stands between two of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Tag(&'a str),
    Text(&'a str),
}

/// XML in pieces, be it well-formed or not: CDATA and comments are part of the text around them.
pub(super) fn pieces(xml: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(rest) = xml.get(at..) {
        let Some(found) = rest.find('<') else { break };
        let (tag_at, rest) = (at + found, rest.get(found..).unwrap_or_default());
        if let Some((open, close)) = INSIDE.iter().find(|(open, _)| rest.starts_with(open)) {
            let inside = rest.get(open.len()..).unwrap_or_default();
            at = tag_at + inside.find(close).map_or(rest.len(), |end| open.len() + end + close.len());
            continue;
        }
        let Some(length) = tag_length(rest) else { break };
        if start < tag_at {
            pieces.push(Piece::Text(xml.get(start..tag_at).unwrap_or_default()));
        }
        pieces.push(Piece::Tag(rest.get(..length).unwrap_or_default()));
        at = tag_at + length;
        start = at;
    }
    if start < xml.len() {
        pieces.push(Piece::Text(xml.get(start..).unwrap_or_default()));
    }
    pieces
}

const CDATA: (&str, &str) = ("<![CDATA[", "]]>");
const INSIDE: [(&str, &str); 2] = [CDATA, ("<!--", "-->")];

/// How long the tag is that starts here; `None` if it does not end.
fn tag_length(rest: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at + 1),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

/// The element that a tag opens, without its prefix; empty for any other tag.
pub(super) fn opened(tag: &str) -> &str {
    let Some(name) = tag.strip_prefix('<').filter(|name| !name.starts_with(['/', '?', '!']) && !name.ends_with("/>"))
    else {
        return "";
    };
    let name = name.split(|c: char| c == '>' || c.is_whitespace()).next().unwrap_or_default();
    name.rsplit(':').next().unwrap_or_default()
}

/// XML with its texts replaced.
pub(super) fn in_xml(xml: &str, replace: &mut Replace<'_>) -> String {
    let mut out = String::with_capacity(xml.len());
    let mut field = "";
    for piece in pieces(xml) {
        match piece {
            Piece::Tag(tag) => {
                field = opened(tag);
                out += tag;
            }
            Piece::Text(raw) => match replace(field, &said(raw)) {
                Some(text) => out += &text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
                None => out += raw,
            },
        }
    }
    out
}

/// What stands between two tags says: CDATA as it is, comments nothing, references what they name.
fn said(raw: &str) -> String {
    let mut said = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        said += &undone(before, escape::xml);
        let Some((open, close)) = INSIDE.iter().find(|(open, _)| from.starts_with(open)) else {
            rest = from;
            break;
        };
        let inside = from.get(open.len()..).unwrap_or_default();
        let (inside, after) = inside.split_once(close).unwrap_or((inside, ""));
        if *open == CDATA.0 {
            said += inside;
        }
        rest = after;
    }
    said + &undone(rest, escape::xml)
}

/// JSON with its texts replaced.
pub(super) fn in_json(json: &str, replace: &mut Replace<'_>) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut key, mut keys) = (String::new(), Vec::new());
    let mut rest = json;
    while let Some(at) = rest.find(['"', '{', '[', '}', ']']) {
        let (before, from) = rest.split_at(at);
        out += before;
        let length = match from.as_bytes().first() {
            Some(b'"') => literal_length(from),
            _ => 1,
        };
        let (token, after) = from.split_at(length);
        rest = after;
        let replaced = match token {
            "{" | "[" => {
                keys.push(key.clone());
                None
            }
            "}" | "]" => {
                key = keys.pop().unwrap_or_default();
                None
            }
            literal => {
                let inside = literal.strip_prefix('"').unwrap_or_default();
                let text = undone(inside.strip_suffix('"').unwrap_or(inside), escape::json);
                if after.trim_start().starts_with(':') {
                    key = text;
                    None
                } else {
                    replace(&key, &text)
                }
            }
        };
        match replaced {
            Some(text) => out += &Value::from(text).to_string(),
            None => out += token,
        }
    }
    out + rest
}

/// How long the text is whose opening quote stands here, both quotes included.
fn literal_length(from: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in from.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    from.len()
}

/// A request's target with the texts of its query replaced.
pub(super) fn in_query(target: &str, replace: &mut Replace<'_>) -> String {
    let Some((path, query)) = target.split_once('?') else { return target.to_owned() };
    let pairs = query.split('&').map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match replace(name, &undone(value, escape::percent)) {
            // What stands in is made of what needs no escape but for the `@`.
            Some(text) => format!("{name}={}", text.replace('@', "%40").replace(' ', "%20").replace('&', "%26")),
            None => pair.to_owned(),
        }
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::{Piece, in_json, in_query, in_xml, pieces};

    fn shout(field: &str, text: &str) -> Option<String> {
        (field == "a").then(|| format!("<{}>", text.trim().to_uppercase()))
    }

    #[test]
    fn every_spelling_of_a_text() {
        for (xml, expected) in [
            ("<a>x</a><b>x</b>", "<a>&lt;X&gt;</a><b>x</b>"),
            ("<n:a k='>'> &#252;&quot;\n</n:a>", "<n:a k='>'>&lt;Ü\"&gt;</n:a>"),
            ("<a>p<![CDATA[<&amp;]]><!-- </a> -->q</a>", "<a>&lt;P&lt;&amp;AMP;Q&gt;</a>"),
            ("<a/><b>x</b><a>y</", "<a/><b>x</b><a>&lt;Y&lt;/&gt;"),
            ("<a", "<a"),
        ] {
            assert_eq!(in_xml(xml, &mut shout), expected, "{xml}");
        }
        for (json, expected) in [
            (r#"{"a":"x","b":"x"}"#, r#"{"a":"<X>","b":"x"}"#),
            (r#"{"\u0061" : "\u00fc\/\"", "n":1}"#, r#"{"\u0061" : "<Ü/\">", "n":1}"#),
            (r#"{"a":["x",{"b":"y"},"z"],"c":"x"}"#, r#"{"a":["<X>",{"b":"y"},"<Z>"],"c":"x"}"#),
            (r#"{"a":"cut \"#, r#"{"a":"<CUT \\>""#),
        ] {
            assert_eq!(in_json(json, &mut shout), expected, "{json}");
        }
        assert_eq!(
            in_query("/x?a=%C3%BCp&b=1", &mut |field, text| (field == "a").then(|| format!("{text}@"))),
            "/x?a=üp%40&b=1"
        );
    }

    #[test]
    fn pieces_are_the_whole() {
        for xml in ["", "a<b c='>'>d<!--<e>--></b>", "<?xml?>\n<a><![CDATA[<b>]]></a>", "<a><b", "x<![CDATA[y"] {
            let whole: String = pieces(xml).into_iter().map(|(Piece::Tag(text) | Piece::Text(text))| text).collect();
            assert_eq!(whole, xml);
        }
        assert_eq!(pieces("<a>x</a>"), [Piece::Tag("<a>"), Piece::Text("x"), Piece::Tag("</a>")]);
    }
}
