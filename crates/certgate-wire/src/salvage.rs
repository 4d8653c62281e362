//! What can be read of a body that cannot be decoded.

/// The whole number that stands at the start of the rest of a body; white space and quotes around it are passed over.
pub fn whole_number(rest: &[u8]) -> Option<i64> {
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").unwrap_or(rest);
    let (digits, rest) = rest.split_at(rest.iter().position(|byte| !byte.is_ascii_digit())?);
    // Half a number, or a word that begins like one, is none.
    let is_whole = rest.first().is_some_and(|next| !next.is_ascii_alphanumeric());
    std::str::from_utf8(digits).ok().filter(|_| is_whole)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::whole_number;

    #[test]
    fn only_a_whole_number() {
        for (rest, expected) in [
            ("11<", Some(11)),
            (" 11 </id>", Some(11)),
            ("\"11\",", Some(11)),
            ("11", None),
            ("1x<", None),
            ("x", None),
            ("<", None),
            ("99999999999999999999<", None),
            ("", None),
        ] {
            assert_eq!(whole_number(rest.as_bytes()), expected, "{rest}");
        }
    }
}
