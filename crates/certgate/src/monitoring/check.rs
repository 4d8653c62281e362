//! The monitoring plugins' rule: one line and a level.

use std::{collections::HashMap, path::Path, time::Duration};

use super::Snapshot;
use crate::{
    estate::{
        SAME_END,
        account::{Account, AccountCertificate},
        term::RenewBefore,
    },
    inventory::{InstalledCertificate, ends_within},
};

/// What ends sooner is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// From when on an end is a warning.
    pub warning: Duration,
    /// From when on it is critical.
    pub critical: Duration,
}

const DAY: u64 = 86_400;

impl Default for Thresholds {
    fn default() -> Self {
        Self { warning: Duration::from_secs(30 * DAY), critical: Duration::from_secs(7 * DAY) }
    }
}

impl Thresholds {
    /// Those of one certificate: it is a warning once it is to be renewed, which is nearer to its end where it lasts less than ninety days. It is valid
    /// from then, as far as that is known, and until then, in seconds since 1970.
    pub fn of(not_before: Option<i64>, not_after: i64) -> Self {
        let Some(not_before) = not_before else { return Self::default() };
        let renewed = RenewBefore::seconds(None, not_before, not_after).max(0).cast_unsigned();
        let warning = Duration::from_secs(renewed);
        Self { warning, critical: (warning / 4).min(Self::default().critical) }
    }
}

/// How things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing ends soon.
    Ok,
    /// Something has to be looked at.
    Warning,
    /// Something ends very soon, or has ended.
    Critical,
    /// It could not be found out.
    Unknown,
}

impl Level {
    /// The exit code of a plugin.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// What a check came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How things stand.
    pub level: Level,
    /// What is said of it.
    pub text: String,
    /// Name, value, and the ranges that warn and are critical.
    pub performance: Vec<(&'static str, i64, String)>,
}

impl Verdict {
    /// It could not be found out, for that reason.
    pub fn unknown(why: impl Into<String>) -> Self {
        let why = why.into();
        let lines: Vec<&str> = why.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        Self { level: Level::Unknown, text: lines.join("; "), performance: Vec::new() }
    }

    /// The line that a plugin prints. What the gateway or a folder is named starts no line and no performance data of its own.
    pub fn line(&self) -> String {
        let plain = |text: &str| certgate_wire::one_line(text).replace('|', "/");
        let mut line = format!("CERTIFICATES {} - {}", self.level.name(), plain(&self.text));
        let values: Vec<String> =
            self.performance.iter().map(|(name, value, ranges)| format!("{name}={value}{ranges}")).collect();
        if !values.is_empty() {
            line += " | ";
            line += &values.join(" ");
        }
        line
    }
}

/// So many certificates are named in the text.
const NAMED: usize = 5;

/// How the account's certificates stand, and the sets in place here.
pub fn check(snapshot: &Snapshot, thresholds: &Thresholds) -> Verdict {
    let Some(account) = &snapshot.account else { return Verdict::unknown("the gateway was not asked") };
    let Thresholds { warning, critical } = *thresholds;
    // How long anything lasts yet is told by a clock: of two that are too far apart one is wrong, and what has ended by either counts.
    let clock = account.clock.filter(|clock| clock.check().is_err());
    let now = snapshot.taken.saturating_add(clock.map_or(0, |clock| clock.ahead().max(0)));
    let mut dated: Vec<End<'_>> = account.certificates.iter().filter_map(End::of_account).collect();
    let undated = account.certificates.len() - dated.len();
    dated.extend(of_their_own(account, &snapshot.installed));
    dated.sort_by_key(|end| (end.at, end.id));
    let within = |time: Duration| dated.iter().filter(|end| ends_within(end.at, time, now)).count();
    let (soon, very_soon) = (within(warning.max(critical)), within(critical));
    let undeployed = snapshot.installed.iter().filter(|set| set.record.deployment.is_failed()).count();
    let gone = snapshot.installed.iter().filter(|set| !set.faults.missing.is_empty()).count();
    let damaged = snapshot.installed.iter().filter(|set| !set.faults.damaged.is_empty()).count();
    let unpaired = snapshot.installed.iter().filter(|set| set.key_fits == Some(false)).count();
    let unnoted = snapshot.installed.iter().filter(|set| set.id.is_none()).count();
    let led = || snapshot.installed.iter().filter_map(|set| set.led_elsewhere.as_ref());
    let copies = led().filter(|led| led.is_of_copied_folder()).count();
    let elsewhere = led().count() - copies;
    let unread = snapshot.installed.iter().filter(|set| !set.led_gone.is_empty()).count();
    let unserved = snapshot.served.iter().filter(|set| set.problem.is_some()).count();
    let mut said = Vec::new();
    if soon > 0 {
        let named: Vec<String> = dated.iter().take(soon.min(NAMED)).map(|end| end.said(now)).collect();
        let more = if soon > NAMED { format!(" and {} more", soon - NAMED) } else { String::new() };
        said.push(format!("{}{more}", named.join(", ")));
    }
    let revoked = snapshot.revoked.len();
    for (count, what) in [
        (revoked, "installed here and revoked"),
        (gone, "installed here without all of their files"),
        (damaged, "installed here with damaged files"),
        (unpaired, "installed here with another key beside them"),
        (undeployed, "installed here and not deployed"),
        (unserved, "installed here and not what is served"),
        (unnoted, "installed here and not noted which of the account's"),
        (unread, "installed here, where what a server read is gone"),
        (elsewhere, "installed here, where a server reads something else"),
        (copies, "installed here in the copy of another folder"),
        (
            snapshot.unreadable.len().saturating_sub(elsewhere + copies),
            "of the folders here without a certificate that can be read",
        ),
        (undated, "without a time of their end"),
    ] {
        if count > 0 {
            said.push(format!("{count} {what}"));
        }
    }
    let count = account.certificates.len();
    if said.is_empty() {
        let first = dated.first().map_or_else(String::new, |end| format!(", the first to end: {}", end.said(now)));
        let s = if count == 1 { "" } else { "s" };
        said.push(format!("{count} certificate{s}{first}"));
    }
    if let Some(clock) = clock {
        said.insert(0, format!("{clock}: what ends soon is not known; set the clock that is wrong, best by NTP"));
    }
    let has_ended = within(Duration::ZERO) > 0;
    let worth_a_look =
        gone + damaged + unpaired + undeployed + unserved + unnoted + unread + snapshot.unreadable.len() + undated;
    let level = match (very_soon, soon + worth_a_look) {
        _ if has_ended || revoked > 0 => Level::Critical,
        _ if clock.is_some() => Level::Unknown,
        (1.., _) => Level::Critical,
        (0, 1..) => Level::Warning,
        (0, 0) => Level::Ok,
    };
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let mut performance = vec![
        ("certificates", number(count), ";;;0".to_owned()),
        ("warning", number(soon - very_soon), ";;;0".to_owned()),
        ("critical", number(very_soon), ";;;0".to_owned()),
    ];
    if let Some(end) = dated.first() {
        let days = |time: Duration| time.as_secs() / DAY;
        performance.push(("days", end.days_left(now), format!(";{}:;{}:", days(warning), days(critical))));
    }
    Verdict { level, text: said.join("; "), performance }
}

/// When a certificate ends: one that the account has, or one that is in place in a folder.
struct End<'s> {
    at: i64,
    id: Option<i64>,
    name: &'s str,
    folder: Option<&'s Path>,
}

impl<'s> End<'s> {
    fn of_account(certificate: &'s AccountCertificate) -> Option<Self> {
        let AccountCertificate { id, name, not_after, .. } = certificate;
        Some(Self { at: (*not_after)?, id: *id, name, folder: None })
    }

    fn of_set(set: &'s InstalledCertificate) -> Self {
        Self { at: set.not_after, id: set.id, name: &set.name, folder: Some(&set.folder) }
    }

    fn days_left(&self, now: i64) -> i64 {
        (self.at - now).div_euclid(86_400)
    }

    fn said(&self, now: i64) -> String {
        let id = self.id.map_or_else(String::new, |id| format!(" ({id})"));
        let folder = self.folder.map_or_else(String::new, |folder| format!(" in {}", folder.display()));
        let when = match self.days_left(now) {
            -1 => "ended within a day".to_owned(),
            days if days < 0 => format!("ended {} days ago", (now - self.at) / 86_400),
            0 => "ends within a day".to_owned(),
            1 => "ends in 1 day".to_owned(),
            days => format!("ends in {days} days"),
        };
        format!("{}{id}{folder} {when}", self.name)
    }
}

/// The sets in place that end at another time than what the account has of them: somebody reissued, and it is not here.
fn of_their_own<'s>(account: &Account, installed: &'s [InstalledCertificate]) -> impl Iterator<Item = End<'s>> {
    let ends = account.certificates.iter().filter_map(|certificate| Some((certificate.id?, certificate.not_after?)));
    let ends: HashMap<i64, i64> = ends.collect();
    let is_said = move |end: &End<'_>| {
        end.id.and_then(|id| ends.get(&id)).is_some_and(|there| there.abs_diff(end.at) <= SAME_END)
    };
    installed.iter().map(End::of_set).filter(move |end| !is_said(end))
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use certgate_keys::KeyType;

    use super::{Level, Thresholds, check};
    use crate::{
        estate::account::{Account, AccountCertificate},
        installation::{Faults, SetRecord},
        inventory::InstalledCertificate,
        monitoring::{ServedSet, Snapshot, prometheus},
    };

    const DAY: i64 = 86_400;
    const NOW: i64 = 1_800_000_000;

    /// A set in place that ends so many seconds from now.
    pub(in crate::monitoring) fn installed(id: Option<i64>, ends: i64) -> InstalledCertificate {
        InstalledCertificate {
            folder: format!("certs/{ends}").into(),
            id,
            name: "host-0.example".to_owned(),
            hosts: Vec::new(),
            spki: Vec::new(),
            serial: "0A".to_owned(),
            days: ends.div_euclid(DAY),
            not_before: NOW - 90 * DAY,
            not_after: NOW + ends,
            key_type: KeyType::P256,
            key_fits: Some(true),
            record: SetRecord::default(),
            faults: Faults::default(),
            led_elsewhere: None,
            led_gone: Vec::new(),
        }
    }

    fn ending(ends: &[i64]) -> Snapshot {
        let row = |(at, ends): (usize, &i64)| AccountCertificate {
            id: Some(at as i64),
            name: format!("host-{at}.example"),
            not_after: Some(NOW + ends),
            ..AccountCertificate::default()
        };
        let account = Account { certificates: ends.iter().enumerate().map(row).collect(), ..Account::default() };
        Snapshot { taken: NOW, account: Some(account), ..Snapshot::default() }
    }

    #[test]
    fn what_lasts_shorter_is_told_of_later() {
        for (lasts, warning, critical) in [(398, 720, 168), (90, 720, 168), (47, 376, 94), (6, 48, 12)] {
            let hours = |time: Duration| time.as_secs() / 3600;
            let Thresholds { warning: warns, critical: is_critical } = Thresholds::of(Some(NOW), NOW + lasts * DAY);
            assert_eq!((hours(warns), hours(is_critical)), (warning, critical), "{lasts} days");
        }
        assert_eq!(Thresholds::of(None, NOW), Thresholds::default());
    }

    #[test]
    fn levels_by_the_first_end() {
        let ok = "CERTIFICATES OK - 1 certificate, the first to end: host-0.example (0) ends in 30 days";
        for (ends, level, line) in [
            (&[][..], Level::Ok, "CERTIFICATES OK - 0 certificates | certificates=0;;;0 warning=0;;;0 critical=0;;;0"),
            (&[30 * DAY], Level::Ok, &format!("{ok} | certificates=1;;;0 warning=0;;;0 critical=0;;;0 days=30;30:;7:")),
            (
                &[60 * DAY, 30 * DAY - 1],
                Level::Warning,
                "CERTIFICATES WARNING - host-1.example (1) ends in 29 days | certificates=2;;;0 warning=1;;;0 critical=0;;;0 \
                 days=29;30:;7:",
            ),
            (
                &[7 * DAY - 1, DAY, -2 * DAY, 20 * DAY],
                Level::Critical,
                "CERTIFICATES CRITICAL - host-2.example (2) ended 2 days ago, host-1.example (1) ends in 1 day, host-0.example (0) \
                 ends in 6 days, host-3.example (3) ends in 20 days | certificates=4;;;0 warning=1;;;0 critical=3;;;0 \
                 days=-2;30:;7:",
            ),
        ] {
            let verdict = check(&ending(ends), &Thresholds::default());
            assert_eq!((verdict.level, verdict.line().as_str()), (level, line));
        }
        let none = check(&Snapshot::default(), &Thresholds::default());
        assert_eq!((none.level.code(), none.line().as_str()), (3, "CERTIFICATES UNKNOWN - the gateway was not asked"));
    }

    /// What a server here serves ends at its own time, whatever the account has by now.
    #[test]
    fn what_is_in_place_here_counts() {
        for (sets, level, text) in [
            (
                vec![installed(Some(0), 60 * DAY - 3600)],
                Level::Ok,
                "the first to end: host-0.example (0) ends in 60 days",
            ),
            (
                vec![installed(Some(0), -3 * DAY)],
                Level::Critical,
                "host-0.example (0) in certs/-259200 ended 3 days ago",
            ),
            (vec![installed(None, 8 * DAY)], Level::Warning, "1 installed here and not noted which of the account's"),
            (vec![installed(Some(7), DAY)], Level::Critical, "host-0.example (7) in certs/86400 ends in 1 day"),
        ] {
            let verdict = check(&Snapshot { installed: sets, ..ending(&[60 * DAY]) }, &Thresholds::default());
            assert!(verdict.level == level && verdict.text.ends_with(text), "{verdict:?}");
            assert_eq!(verdict.performance[0].1, 1, "of the account");
        }
    }

    #[test]
    fn what_is_served_counts() {
        let mut snapshot = ending(&[60 * DAY]);
        let set = |port: u16, problem: Option<&str>| ServedSet {
            folder: "certs/example.com".into(),
            endpoint: format!("example.com:{port}"),
            problem: problem.map(str::to_owned),
        };
        snapshot.served = vec![set(443, None)];
        assert_eq!(check(&snapshot, &Thresholds::default()).level, Level::Ok);
        snapshot.served.push(set(465, Some("another certificate")));
        let verdict = check(&snapshot, &Thresholds::default());
        assert_eq!((verdict.level, verdict.text.as_str()), (Level::Warning, "1 installed here and not what is served"));
        let metrics = prometheus(&snapshot);
        for sample in ["443\"} 1\n", "465\"} 0\n"] {
            let of = "certgate_installed_served{folder=\"certs/example.com\",endpoint=\"example.com:";
            assert!(metrics.contains(&format!("{of}{sample}")), "{metrics}");
        }
    }

    #[test]
    fn a_name_adds_nothing_to_the_line() {
        let mut snapshot = ending(&[DAY; 7]);
        for certificate in &mut snapshot.account.as_mut().unwrap().certificates {
            certificate.name = "a|evil=1\nb".to_owned();
        }
        let line = check(&snapshot, &Thresholds::default()).line();
        assert_eq!((line.matches('|').count(), line.lines().count()), (1, 1), "{line}");
        assert!(line.contains(" and 2 more | "), "{line}");
    }
}
