//! Scalars as the XML gateway writes them.

use certgate_domain::{Lenient, Moment};
use jiff::{
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};

/// `0`, `1`, `true`, `false`, in any case; both spellings are documented.
pub(crate) fn read_flag(text: &str) -> Option<bool> {
    match text {
        "1" => Some(true),
        "0" => Some(false),
        word if word.eq_ignore_ascii_case("true") => Some(true),
        word if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Reads `2017-01-01 10:35:22` as a time in the gateway's zone, the earlier of two in the repeated hour of autumn; also reads the
/// JSON API's form.
pub(crate) fn read_moment(text: &str, zone: &TimeZone) -> Option<Moment> {
    if text.as_bytes().get(10) != Some(&b' ') {
        return text.parse().ok();
    }
    // Reading would make a leap second the one before it.
    in_zone(text.parse().ok().filter(|_| text.get(17..19) != Some("60"))?, zone)
}

fn in_zone(civil: DateTime, zone: &TimeZone) -> Option<Moment> {
    Some(match zone.to_ambiguous_timestamp(civil).offset() {
        // `9999-12-31 23:59:59` is beyond what an instant can be, and yet a date.
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
            Moment::new(civil, offset)
        }
        // In spring, an hour that clocks pass over: as late after its beginning as it says.
        AmbiguousOffset::Gap { before, after } => {
            Moment::new(after.to_datetime(before.to_timestamp(civil).ok()?), after)
        }
    })
}

/// The later instant, in seconds since 1970, of a time that [`read_moment`] took for the earlier of two.
pub(crate) fn later_reading(moment: &Moment, zone: &TimeZone) -> Option<i64> {
    let civil = moment.civil();
    match zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Fold { before, after } if before.to_timestamp(civil).ok() == moment.timestamp() => {
            Some(after.to_timestamp(civil).ok()?.as_second())
        }
        _ => None,
    }
}

/// The time in the gateway's zone, and the reason if it does not read back as the same instant.
pub(crate) fn write_moment(moment: &Moment, zone: &TimeZone) -> (String, Option<&'static str>) {
    // At the edge of the calendar there is no instant, and still a date.
    let civil = moment.timestamp().map_or_else(|| moment.civil(), |timestamp| zone.to_datetime(timestamp));
    let fraction = civil.subsec_nanosecond();
    let whole = civil.with().subsec_nanosecond(0).build().unwrap_or(civil);
    let text = format!("{} {}", whole.date(), whole.time());
    let is_same = in_zone(whole, zone).is_some_and(|read| match (read.timestamp(), moment.timestamp()) {
        (Some(read), Some(meant)) => read.as_nanosecond() == meant.as_nanosecond() - i128::from(fraction),
        _ => read == *moment,
    });
    let lost = if !is_same {
        Some("XML times have no offset, and this one means another instant without it")
    } else if fraction != 0 {
        Some("XML times have no milliseconds")
    } else {
        None
    };
    (text, lost)
}

/// A boolean in the form of the documented requests.
pub(crate) fn write_flag(flag: &Lenient<bool>) -> &str {
    match flag {
        Lenient::Parsed(true) => "1",
        Lenient::Parsed(false) => "0",
        Lenient::Raw(text) => text,
    }
}

#[cfg(test)]
mod tests {
    use certgate_domain::Moment;
    use jiff::tz::TimeZone;

    use super::{later_reading, read_flag, read_moment, write_moment};

    #[test]
    fn moments_of_the_zone() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        for (text, expected) in [
            ("2017-01-01 10:35:22", Some("2017-01-01T10:35:22.000+0100")),
            ("2018-10-15 14:03:02", Some("2018-10-15T14:03:02.000+0200")),
            ("2018-10-28 02:30:00", Some("2018-10-28T02:30:00.000+0200")),
            ("2018-03-25 02:30:00", Some("2018-03-25T03:30:00.000+0200")),
            ("2018-12-12T10:53:23.168+0100", Some("2018-12-12T10:53:23.168+0100")),
            ("9999-12-31 23:59:59", Some("9999-12-31T23:59:59.000+0100")),
            ("1890-01-01 10:00:00", Some("1890-01-01T09:59:32.000+0053")),
            ("2016-12-31 23:59:60", None),
            ("2018-12-12", None),
            ("2018-02-30 10:00:00", None),
            ("NOT_SET", None),
        ] {
            assert_eq!(read_moment(text, &berlin).map(|moment| moment.to_string()).as_deref(), expected, "{text}");
        }
        for (moment, text, lost) in [
            ("2018-12-12T10:53:23.000+0300", "2018-12-12 08:53:23", None),
            ("2018-12-12T10:53:23.168+0300", "2018-12-12 08:53:23", Some("milliseconds")),
            ("2018-10-28T02:30:00.000+0200", "2018-10-28 02:30:00", None),
            ("2018-10-28T02:30:00.000+0100", "2018-10-28 02:30:00", Some("another instant")),
            ("1969-12-31T23:59:59.500+0000", "1970-01-01 00:59:59", Some("milliseconds")),
            ("9999-12-31T23:59:59.000+0100", "9999-12-31 23:59:59", None),
            ("1890-01-01T09:59:32.000+0053", "1890-01-01 10:00:00", None),
            ("1890-01-01T00:00:00.000+0000", "1890-01-01 00:53:28", None),
            ("9999-12-31T23:59:59.000+0300", "9999-12-31 23:59:59", Some("another instant")),
        ] {
            let (written, why) = write_moment(&moment.parse().unwrap(), &berlin);
            assert_eq!(written, text, "{moment}");
            assert_eq!(why.is_some(), lost.is_some(), "{moment}");
            assert!(why.unwrap_or_default().contains(lost.unwrap_or_default()), "{moment}: {why:?}");
        }
    }

    #[test]
    fn times_that_may_mean_two_instants() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        for (text, later) in [
            ("2018-10-28 01:59:59", None),
            ("2018-10-28 02:00:00", Some("2018-10-28T02:00:00.000+0100")),
            ("2018-10-28 02:59:59", Some("2018-10-28T02:59:59.000+0100")),
            ("2018-10-28 03:00:00", None),
            ("2018-03-25 02:30:00", None),
            // With an offset it means one, and the second of the two has none after it.
            ("2018-10-28T02:30:00.000+0100", None),
        ] {
            let read = read_moment(text, &berlin).unwrap();
            let expected = later.map(|later| later.parse::<Moment>().unwrap().unix_seconds().unwrap());
            assert_eq!(later_reading(&read, &berlin), expected, "{text}");
        }
    }

    #[test]
    fn flags() {
        for (text, expected) in
            [("1", Some(true)), ("0", Some(false)), ("TRUE", Some(true)), ("false", Some(false)), ("2", None)]
        {
            assert_eq!(read_flag(text), expected, "{text}");
        }
    }
}
