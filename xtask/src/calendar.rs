//! `cargo xtask calendar`: the tests that know dates, on other days. libfaketime says what day it is, to the tests and to all
//! that they start; cargo itself sees the real one.

use std::process::Command;

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, date},
    tz::TimeZone,
};

use crate::{Failure, ci};

/// The zone of XML times.
const ZONE: &str = "Europe/Berlin";

/// Tests that are left out. All others are run: who forgets to name one here loses time, and nothing else.
const LEFT_OUT: &[&str] = &[
    // Payloads, which the codecs read and write without a clock. They take long.
    "crossing::",
    "damaged::",
    "fixtures::",
    "openapi::",
    // `durable` kills at every step; killing at random times shows nothing more about a date.
    "torture::",
    // BIND's `named` waits for ever once libfaketime is loaded; `update` has signatures and their times without it. By their
    // names: `named` of the commands is about names, and knows dates.
    "named::updates_of_every_algorithm",
    "named::what_it_refuses_and_shows",
];

/// A day to run the tests on.
#[derive(Debug, PartialEq, Eq)]
struct Day {
    name: String,
    /// When the tests begin.
    at: Timestamp,
}

pub(crate) fn run() -> Result<(), Failure> {
    let library = library()?;
    // Compiled beforehand, by the real date: a day begins when its tests do.
    let tests = ["test", "--workspace", "--no-fail-fast", "--lib", "--bins", "--test", "it"];
    ci::cargo(&[&tests[..], &["--no-run"]].concat(), &[])?;
    let skipped: Vec<&str> = LEFT_OUT.iter().flat_map(|name| ["--skip", name]).collect();
    let mut failed = Vec::new();
    for day in days(Timestamp::now())? {
        println!("==> {}", day.name);
        let runner = runner(&library, &day, Timestamp::now());
        sees(&runner, &day)?;
        let config = format!("target.'cfg(all())'.runner = {runner:?}");
        let arguments = [&tests[..], &["--quiet", "--config", &config, "--"], &skipped].concat();
        if ci::cargo(&arguments, &[("INSTA_UPDATE", "no")]).is_err() {
            failed.push(day.name);
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

/// In 35, 200, 400 and 3650 days, on the next 29 February, and in both hours that are 02:30 when summer time ends.
fn days(now: Timestamp) -> Result<Vec<Day>, Failure> {
    let zone = TimeZone::get(ZONE).map_err(|why| why.to_string())?;
    let mut days = Vec::new();
    for count in [35, 200, 400, 3650] {
        let at = now.checked_add((count * 24).hours()).map_err(|why| why.to_string())?;
        days.push(Day { name: format!("in {count} days"), at });
    }
    let today = zone.to_datetime(now).date();
    let leap_day = (today.year()..).find_map(|year| Date::new(year, 2, 29).ok().filter(|day| *day > today));
    let leap_day = leap_day.unwrap_or(date(2028, 2, 29));
    let noon = zone.to_timestamp(leap_day.at(12, 0, 0, 0)).map_err(|why| why.to_string())?;
    days.push(Day { name: leap_day.to_string(), at: noon });
    let before = |at: Timestamp| zone.to_offset(at - 1.second());
    let change = zone.following(now).find(|change| change.offset() < before(change.timestamp()));
    let change = change.ok_or_else(|| format!("{ZONE} has no summer time any more"))?.timestamp();
    for (which, at) in [("first", change - 30.minutes()), ("second", change + 30.minutes())] {
        days.push(Day { name: format!("{}, the {which} time", zone.to_datetime(at).strftime("%F %H:%M")), at });
    }
    Ok(days)
}

/// The command that runs another one on that day. From then on time runs on: the offset is the same for all that is started.
fn runner(library: &str, day: &Day, now: Timestamp) -> Vec<String> {
    let offset = day.at.as_second() - now.as_second();
    let variables = [
        ("LD_PRELOAD", library.to_owned()),
        ("FAKETIME", format!("{offset:+}")),
        // What waits goes by a clock that knows no date.
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ("TZ", ZONE.to_owned()),
        ("CALENDAR_FROM", day.at.as_second().to_string()),
    ];
    let variables = variables.map(|(name, value)| format!("{name}={value}"));
    ["env".to_owned()].into_iter().chain(variables).collect()
}

/// The path that has libfaketime loaded, by its own wrapper.
fn library() -> Result<String, Failure> {
    let output = Command::new("faketime").args(["-m", "-f", "+0", "printenv", "LD_PRELOAD"]).output();
    match output {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        _ => Err("nothing was run: faketime is not installed. Install it (Debian: apt install faketime)".to_owned()),
    }
}

/// Whether a program sees that day.
fn sees(runner: &[String], day: &Day) -> Result<(), Failure> {
    let Some((program, arguments)) = runner.split_first() else { return Ok(()) };
    let output = Command::new(program).args(arguments).args(["date", "+%s"]).output().map_err(|why| why.to_string())?;
    let seen = String::from_utf8_lossy(&output.stdout).trim().parse::<i64>().unwrap_or_default();
    if seen.abs_diff(day.at.as_second()) <= 60 {
        return Ok(());
    }
    Err(format!("nothing was run: with libfaketime, date says {seen} s since 1970, expected {}", day.at.as_second()))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::{days, runner};

    #[test]
    fn the_days_and_how_they_are_told() {
        let now = "2026-11-28T12:00:00Z".parse().unwrap();
        let days = days(now).unwrap();
        let shown: Vec<String> = days.iter().map(|day| format!("{}: {}", day.name, day.at)).collect();
        assert_eq!(
            shown,
            [
                "in 35 days: 2027-01-02T12:00:00Z",
                "in 200 days: 2027-06-16T12:00:00Z",
                "in 400 days: 2028-01-02T12:00:00Z",
                "in 3650 days: 2036-11-25T12:00:00Z",
                "2028-02-29: 2028-02-29T11:00:00Z",
                "2027-10-31 02:30, the first time: 2027-10-31T00:30:00Z",
                "2027-10-31 02:30, the second time: 2027-10-31T01:30:00Z",
            ]
        );
        let runner = runner("lib.so", &days[0], now);
        assert_eq!(runner[..3], ["env", "LD_PRELOAD=lib.so", "FAKETIME=+3024000"]);
    }
}
