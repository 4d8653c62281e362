//! The zone line that shows control over a domain.

use std::{fmt, str::FromStr};

/// A line of a zone file (RFC 1035 section 5.1), split for those who publish it.
///
/// ```
/// use certgate_domain::ZoneRecord;
/// let record: ZoneRecord = "example.com.\t\t300\tIN\tTXT\t\"2018abc\"".parse()?;
/// assert_eq!((record.name.as_str(), record.ttl, record.kind.as_str(), record.value.as_str()), ("example.com.", Some(300), "TXT", "2018abc"));
/// # Ok::<(), certgate_domain::NotAZoneRecord>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneRecord {
    /// The owner name, absolute, with its closing dot.
    pub name: String,
    /// Time to live in seconds.
    pub ttl: Option<u32>,
    /// `TXT` or `CNAME`.
    pub kind: String,
    /// The value; a TXT value without its quotes.
    pub value: String,
}

/// Text that is no zone line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAZoneRecord;

impl FromStr for ZoneRecord {
    type Err = NotAZoneRecord;

    fn from_str(line: &str) -> Result<Self, NotAZoneRecord> {
        let mut rest = line.trim();
        let mut word = || {
            let (first, after) = rest.split_once(char::is_whitespace)?;
            rest = after.trim_start();
            Some(first)
        };
        let name = word().ok_or(NotAZoneRecord)?.to_owned();
        let mut next = word().ok_or(NotAZoneRecord)?;
        let ttl = next.parse().ok();
        if ttl.is_some() {
            next = word().ok_or(NotAZoneRecord)?;
        }
        if next.eq_ignore_ascii_case("IN") {
            next = word().ok_or(NotAZoneRecord)?;
        }
        let kind = next.to_ascii_uppercase();
        // The page's own example has a stray line end inside the quotes.
        let value = rest.trim_matches('"').trim().to_owned();
        if value.is_empty() || !kind.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(NotAZoneRecord);
        }
        Ok(Self { name, ttl, kind, value })
    }
}

impl fmt::Display for NotAZoneRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a zone line such as: example.com. 300 IN TXT \"…\"")
    }
}

impl std::error::Error for NotAZoneRecord {}

#[cfg(test)]
mod tests {
    use super::ZoneRecord;

    #[test]
    fn lines() {
        for (line, expected) in [
            ("example.com. 300 IN TXT \"2017\n\"", Some(("example.com.", Some(300), "TXT", "2017"))),
            ("_dnsauth.example.com. IN CNAME x.example.", Some(("_dnsauth.example.com.", None, "CNAME", "x.example."))),
            ("example.com. txt a", Some(("example.com.", None, "TXT", "a"))),
            ("example.com. 300 IN TXT", None),
            ("example.com.", None),
            ("", None),
        ] {
            let record = line.parse::<ZoneRecord>().ok();
            let seen = record.as_ref().map(|r| (r.name.as_str(), r.ttl, r.kind.as_str(), r.value.as_str()));
            assert_eq!(seen, expected, "{line:?}");
        }
    }
}
