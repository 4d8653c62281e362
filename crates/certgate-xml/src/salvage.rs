//! What can be read of an answer that cannot be decoded.

use certgate_wire::whole_number;

use crate::redact::find;

/// The id of the first message.
pub(crate) fn message_id(body: &[u8]) -> Option<i64> {
    const MESSAGE: &[u8] = b"<message>";
    let mut rest = body.get(find(body, MESSAGE)? + MESSAGE.len()..)?;
    let mut depth = 0usize;
    loop {
        rest = rest.get(rest.iter().position(|byte| *byte == b'<')?..)?;
        let close: &[u8] = match rest {
            _ if rest.starts_with(b"<![CDATA[") => b"]]>",
            _ if rest.starts_with(b"<!--") => b"-->",
            _ => b">",
        };
        let (tag, after) = rest.split_at(find(rest, close)? + close.len());
        match tag {
            [b'<', b'!' | b'?', ..] | [.., b'/', b'>'] => {}
            [b'<', b'/', ..] => depth = depth.checked_sub(1)?,
            b"<id>" if depth == 0 => return whole_number(after),
            _ => depth += 1,
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::message_id;

    #[test]
    fn the_id_of_the_message_and_of_nothing_in_it() {
        for (body, expected) in [
            ("<message>\n  <id>11</id>", Some(11)),
            ("<message><job><id>5</id><more/></job><id>11</id></message>", Some(11)),
            ("<message><!-- <id>4</id> --><text><![CDATA[<id>5</id>]]></text>x<id> 11 </id>", Some(11)),
            ("<message><job><id>5</id></job></message><id>12</id>", None),
            ("<message><job><id>5</id></job>", None),
            ("<message><id>11", None),
            ("<message><id></id>", None),
            ("<message", None),
            ("", None),
        ] {
            assert_eq!(message_id(body.as_bytes()), expected, "{body}");
        }
    }
}
