//! Times in certificates (X.690 §11.7, RFC 5280 §4.1.2.5), in seconds since 1970.

use jiff::{ToSpan, Unit, civil::Date};

use crate::der::{Element, Malformed, Reader, tag};

const EPOCH: Date = Date::constant(1970, 1, 1);
const DAY: i64 = 86_400;

/// The time that stands next.
pub(crate) fn take(reader: &mut Reader<'_>) -> Result<i64, Malformed> {
    let element = reader.any("a time of validity")?;
    seconds(&element).ok_or_else(|| element.unexpected("a time of validity"))
}

/// The day of a time, `2026-11-18`.
pub(crate) fn day(seconds: i64) -> String {
    let day = EPOCH.checked_add(seconds.div_euclid(DAY).days());
    day.map_or_else(|_| format!("{seconds} s since 1970"), |day| day.to_string())
}

/// The time that an element is. Seconds may be missing, and a zone may stand in place of `Z`, as older tools write it.
pub(crate) fn seconds(element: &Element<'_>) -> Option<i64> {
    let text = std::str::from_utf8(element.content).ok()?;
    let (year, rest) = match element.tag {
        tag::UTC_TIME => {
            let (year, rest) = number(text, 2)?;
            (if year >= 50 { 1900 + year } else { 2000 + year }, rest)
        }
        tag::GENERALIZED_TIME => number(text, 4)?,
        _ => return None,
    };
    let (month, rest) = number(rest, 2)?;
    let (day, rest) = number(rest, 2)?;
    let (hour, rest) = number(rest, 2)?;
    let (minute, rest) = number(rest, 2)?;
    let (second, rest) = number(rest, 2).unwrap_or((0, rest));
    let rest = rest.strip_prefix('.').map_or(rest, |part| part.trim_start_matches(|c: char| c.is_ascii_digit()));
    let in_range = hour < 24 && minute < 60 && second <= 60;
    let date = Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    let days = date.since((Unit::Day, EPOCH)).ok()?.get_days();
    let local = i64::from(days) * DAY + hour * 3600 + minute * 60 + second;
    in_range.then_some(local - offset(rest)?)
}

/// Whether a time is written as RFC 5280 demands, which most clients insist on: digits down to the seconds, and `Z`.
pub(crate) fn is_plain(element: &Element<'_>) -> bool {
    let digits = if element.tag == tag::UTC_TIME { 12 } else { 14 };
    let is_number = |text: &[u8]| text.len() == digits && text.iter().all(u8::is_ascii_digit);
    element.content.strip_suffix(b"Z").is_some_and(is_number)
}

/// The number that so many digits are, and what follows.
fn number(text: &str, digits: usize) -> Option<(i64, &str)> {
    let (number, rest) = text.split_at_checked(digits)?;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some((number.parse().ok()?, rest))
}

fn offset(zone: &str) -> Option<i64> {
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("Z", "") => return Some(0),
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, rest) = number(digits, 2)?;
    let (minutes, rest) = number(rest, 2)?;
    rest.is_empty().then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::{day, seconds};
    use crate::der::{Reader, element};

    #[test]
    fn as_certificates_write_them() {
        // `date -u -d … +%s`
        for (tag, text, expected) in [
            (0x17, "700101000000Z", Some(0)),
            (0x17, "491231235959Z", Some(2_524_607_999)),
            (0x17, "500101000000Z", Some(-631_152_000)),
            (0x17, "240229120000Z", Some(1_709_208_000)),
            (0x17, "2402291200Z", Some(1_709_208_000)),
            (0x17, "240229130000+0100", Some(1_709_208_000)),
            (0x17, "240229063000-0530", Some(1_709_208_000)),
            (0x18, "20240229120000Z", Some(1_709_208_000)),
            (0x18, "20240229120000.5Z", Some(1_709_208_000)),
            (0x18, "20240301000000Z", Some(1_709_251_200)),
            (0x18, "99991231235959Z", Some(253_402_300_799)),
            (0x18, "00010101000000Z", Some(-62_135_596_800)),
            (0x18, "20240229120000", None),
            (0x17, "241329120000Z", None),
            (0x17, "260229120000Z", None),
            (0x17, "24022912000Z", None),
            (0x17, "+40229120000Z", None),
            (0x04, "240229120000Z", None),
        ] {
            let whole = element(tag, &[text.as_bytes()]);
            assert_eq!(seconds(&Reader::new(&whole).next().unwrap()), expected, "{text}");
        }
    }
    #[test]
    fn days_of_times() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (1_709_251_199, "2024-02-29"),
            (253_402_300_799, "9999-12-31"),
            (253_402_300_800, "253402300800 s since 1970"),
        ] {
            assert_eq!(day(seconds), expected);
        }
    }
}
