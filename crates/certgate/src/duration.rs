//! Lengths of time as people write them.

use std::time::Duration;

/// A text that is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotADuration {
    /// A number alone: nobody can tell whether seconds, minutes or days are meant.
    #[error("`{0}` has no unit: expected s, m, h, d or w behind the number, such as 30m")]
    WithoutUnit(String),
    /// Something else.
    #[error("`{0}`: expected a number with s, m, h, d or w, such as 90s, 30m, 2h, 30d or 4w")]
    Malformed(String),
    /// More than a hundred years.
    #[error("`{0}`: expected no more than {max}d", max = LONGEST / DAY)]
    TooLong(String),
}

const DAY: u64 = 86400;
/// A hundred years, in seconds: added to any time of ours, the sum is still a time.
const LONGEST: u64 = 36500 * DAY;

/// Reads a length of time: a whole number and a unit, `90s`, `30m`, `2h`, `30d`, `4w`.
///
/// # Errors
/// There is no unit, no number, or it is longer than a hundred years.
pub fn parse_duration(text: &str) -> Result<Duration, NotADuration> {
    let malformed = || NotADuration::Malformed(text.to_owned());
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = match digits.parse() {
        Ok(number) if digits.bytes().all(|byte| byte.is_ascii_digit()) => number,
        _ => return Err(malformed()),
    };
    let unit = match text.get(digits.len()..).unwrap_or_default() {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => DAY,
        "w" => 7 * DAY,
        "" => return Err(NotADuration::WithoutUnit(text.to_owned())),
        _ => return Err(malformed()),
    };
    let seconds = number.saturating_mul(unit);
    if seconds > LONGEST {
        return Err(NotADuration::TooLong(text.to_owned()));
    }
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::{NotADuration, parse_duration};

    #[test]
    fn a_number_and_its_unit() {
        for (text, seconds) in [
            ("0s", 0),
            ("90s", 90),
            ("30m", 1800),
            ("2h", 7200),
            ("30d", 2_592_000),
            ("4w", 2_419_200),
            ("36500d", 3_153_600_000),
        ] {
            assert_eq!(parse_duration(text).map(|time| time.as_secs()), Ok(seconds), "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        for (text, expected) in [
            ("90", NotADuration::WithoutUnit as fn(String) -> NotADuration),
            ("0", NotADuration::WithoutUnit as fn(String) -> NotADuration),
            ("", NotADuration::Malformed),
            ("m", NotADuration::Malformed),
            ("-5m", NotADuration::Malformed),
            ("+5m", NotADuration::Malformed),
            ("1.5h", NotADuration::Malformed),
            ("5M", NotADuration::Malformed),
            ("5 m", NotADuration::Malformed),
            ("5min", NotADuration::Malformed),
            ("36501d", NotADuration::TooLong),
            ("18446744073709551615w", NotADuration::TooLong),
        ] {
            assert_eq!(parse_duration(text), Err(expected(text.to_owned())), "{text}");
        }
    }
}
