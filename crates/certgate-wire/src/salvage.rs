//! What can be read of a body that cannot be decoded.

/// The whole number behind these pieces of a body, which follow each other with nothing but white space between them. The first piece may
/// stand anywhere; quotes around the number are passed over.
pub fn number_behind(body: &[u8], pieces: &[&[u8]]) -> Option<i64> {
    let first = pieces.first()?;
    let at = body.windows(first.len()).position(|window| window == *first)?;
    let rest = pieces.iter().try_fold(body.get(at..)?, |rest, piece| rest.trim_ascii_start().strip_prefix(*piece))?;
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").unwrap_or(rest);
    let (digits, rest) = rest.split_at(rest.iter().position(|byte| !byte.is_ascii_digit())?);
    // Half a number, or a word that begins like one, is none.
    let is_whole = rest.first().is_some_and(|next| !next.is_ascii_alphanumeric());
    std::str::from_utf8(digits).ok().filter(|_| is_whole)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::number_behind;

    #[test]
    fn only_what_stands_right_behind() {
        for (body, expected) in [
            ("<message>\n  <id>11</id>", Some(11)),
            ("<message><job><id>5</id></job><id>11</id>", None),
            ("<message><id> 11 </id>", Some(11)),
            ("<message><id>11", None),
            ("<message><id>1x</id>", None),
            ("<message><id>x</id>", None),
            ("<message><id></id>", None),
            ("<message><id>99999999999999999999</id>", None),
            ("<message", None),
            ("", None),
        ] {
            assert_eq!(number_behind(body.as_bytes(), &[b"<message>", b"<id>"]), expected, "{body}");
        }
        assert_eq!(number_behind(b"11", &[]), None);
    }
}
