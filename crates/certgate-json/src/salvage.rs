//! What can be read of an answer that cannot be decoded.

use certgate_wire::whole_number;

use crate::redact::text_length;

/// The id of the first of the data.
pub(crate) fn message_id(body: &[u8]) -> Option<i64> {
    let data = member(body, b"data")?.strip_prefix(b"[")?;
    whole_number(member(data, b"id")?)
}

/// What stands from the value on of that member of the object that starts there.
fn member<'b>(body: &'b [u8], name: &[u8]) -> Option<&'b [u8]> {
    let (mut depth, mut at) = (0usize, 0);
    while let Some(byte) = body.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1).filter(|depth| *depth > 0)?,
            b'"' => {
                let text = body.get(start..).unwrap_or_default();
                at = start + text_length(text);
                let value = body.get(at..)?.trim_ascii_start().strip_prefix(b":");
                let is_it = depth == 1 && text.strip_prefix(b"\"").is_some_and(|text| text.starts_with(name));
                if let (Some(value), true) = (value, is_it && at - start == name.len() + 2) {
                    return Some(value.trim_ascii_start());
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::message_id;

    #[test]
    fn the_id_of_the_message_and_of_nothing_in_it() {
        for (body, expected) in [
            (r#"{"data":[{"id":11,"job":5}]}"#, Some(11)),
            (r#"{"stid":"data","data": [ { "job":{"id":5,"certificate":{"id":7}}, "id" : "11" }]}"#, Some(11)),
            (r#"{"messages":[{"data":[{"id":5}]}],"data":[{"text":"\"id\":6","id":11},{"id":12}]}"#, Some(11)),
            (r#"{"data":[{"job":nonsense,"list":["id",3],"id":11,"#, Some(11)),
            (r#"{"data":[{"job":{"id":5}},{"id":12}]}"#, None),
            (r#"{"data":[{"job":{"id":5"#, None),
            (r#"{"data":[{"ids":5,"id":null}]}"#, None),
            (r#"{"data":[],"id":5}"#, None),
            (r#"{"id":5}"#, None),
            ("}}", None),
            ("", None),
        ] {
            assert_eq!(message_id(body.as_bytes()), expected, "{body}");
        }
    }
}
