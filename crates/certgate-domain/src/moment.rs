//! A moment: date, time and offset, to the millisecond.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::Offset};

/// A moment as the gateway states it: local date and time with its offset from UTC, to the millisecond.
///
/// Its text is the JSON API's: `2018-12-12T10:53:23.000+0100`, the offset without a colon. Reading also accepts an offset
/// with a colon, `Z`, and a fraction of another length.
///
/// ```
/// use certgate_domain::Moment;
/// let moment: Moment = "2018-12-12T10:53:23+01:00".parse()?;
/// assert_eq!(moment.to_string(), "2018-12-12T10:53:23.000+0100");
/// # Ok::<(), certgate_domain::NotAMoment>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    civil: DateTime,
    offset: Offset,
}

/// Text that is no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAMoment;

impl Moment {
    /// A local date and time at an offset. What is finer than a millisecond is cut. An offset has whole minutes: local mean times
    /// of before 1893 (Berlin's is `+0053:28`) are stated with the minutes alone, for the same instant.
    ///
    /// ```
    /// use certgate_domain::Moment;
    /// use jiff::{civil::date, tz::Offset};
    /// let moment = Moment::new(date(1890, 1, 1).at(10, 0, 0, 0), Offset::from_seconds(53 * 60 + 28).unwrap());
    /// assert_eq!(moment.to_string(), "1890-01-01T09:59:32.000+0053");
    /// ```
    pub fn new(civil: DateTime, offset: Offset) -> Self {
        let nanosecond = civil.subsec_nanosecond() / 1_000_000 * 1_000_000;
        let civil = civil.with().subsec_nanosecond(nanosecond).build().unwrap_or(civil);
        let odd = offset.seconds() % 60;
        if odd == 0 {
            return Self { civil, offset };
        }
        let in_minutes = Offset::from_seconds(offset.seconds() - odd).unwrap_or(offset);
        let civil = civil.checked_sub(SignedDuration::from_secs(odd.into())).unwrap_or(civil);
        Self { civil, offset: in_minutes }
    }

    /// The moment so many seconds after 1970-01-01T00:00:00Z, stated in UTC.
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        let timestamp = Timestamp::from_second(seconds).ok()?;
        Some(Self::new(Offset::UTC.to_datetime(timestamp), Offset::UTC))
    }

    /// Seconds since 1970-01-01T00:00:00Z; `None` at the very edges of the calendar.
    pub fn unix_seconds(&self) -> Option<i64> {
        self.timestamp().map(Timestamp::as_second)
    }

    /// The local date and time, to the millisecond.
    pub fn civil(&self) -> DateTime {
        self.civil
    }

    /// The instant; `None` at the very edges of the calendar.
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.offset.to_timestamp(self.civil).ok()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, time) = (self.civil.date(), self.civil.time());
        let minutes = self.offset.seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}{sign}{:02}{:02}",
            date.year(),
            date.month(),
            date.day(),
            time.hour(),
            time.minute(),
            time.second(),
            time.millisecond(),
            minutes.abs() / 60,
            minutes.abs() % 60
        )
    }
}

impl FromStr for Moment {
    type Err = NotAMoment;

    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        let (civil, offset) = split_offset(text).ok_or(NotAMoment)?;
        // Reading would make a leap second the one before it.
        if civil.as_bytes().get(10) != Some(&b'T') || civil.get(17..19) == Some("60") {
            return Err(NotAMoment);
        }
        let civil: DateTime = civil.parse().map_err(|_| NotAMoment)?;
        Ok(Self::new(civil, offset))
    }
}

fn split_offset(text: &str) -> Option<(&str, Offset)> {
    if let Some(civil) = text.strip_suffix('Z') {
        return Some((civil, Offset::UTC));
    }
    let at = text.rfind(['+', '-']).filter(|&at| at > 10)?;
    let (civil, offset) = text.split_at_checked(at)?;
    let negative = offset.starts_with('-');
    let digits: Vec<i32> =
        offset.chars().skip(1).filter(|c| *c != ':').map_while(|c| c.to_digit(10)).map(|d| d as i32).collect();
    let expected = if offset.contains(':') { 6 } else { 5 };
    let [h1, h2, m1, m2] = digits.as_slice() else { return None };
    if offset.len() != expected || h1 * 10 + h2 > 18 || m1 * 10 + m2 > 59 {
        return None;
    }
    let seconds = ((h1 * 10 + h2) * 60 + m1 * 10 + m2) * 60;
    Some((civil, Offset::from_seconds(if negative { -seconds } else { seconds }).ok()?))
}

impl fmt::Display for NotAMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a moment such as 2018-12-12T10:53:23.000+0100")
    }
}

impl std::error::Error for NotAMoment {}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn text_forms() {
        for (text, expected) in [
            ("2018-12-12T10:53:23.000+0100", Some("2018-12-12T10:53:23.000+0100")),
            ("2018-12-12T10:53:23.168-0330", Some("2018-12-12T10:53:23.168-0330")),
            ("2018-12-12T10:53:23.1689+01:00", Some("2018-12-12T10:53:23.168+0100")),
            ("2018-12-12T10:53:23Z", Some("2018-12-12T10:53:23.000+0000")),
            ("2016-12-31T23:59:60Z", None),
            ("2018-12-12T10:53:23", None),
            ("2018-12-12 10:53:23+0100", None),
            ("2018-13-12T10:53:23+0100", None),
            ("2018-12-12T10:53:23+010", None),
            ("2018-12-12T10:53:23+0160", None),
            ("2018-12-12", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<Moment>().ok().map(|m| m.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn instants() {
        let moment: Moment = "1970-01-01T01:00:01.000+0100".parse().unwrap();
        assert_eq!(moment.unix_seconds(), Some(1));
        assert_eq!(Moment::from_unix_seconds(1).unwrap().to_string(), "1970-01-01T00:00:01.000+0000");
    }
}
