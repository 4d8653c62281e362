//! The monitoring plugins' rule: one line and a level.

use std::time::Duration;

use super::Snapshot;
use crate::{estate::account::AccountCertificate, inventory::ends_within};

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
        Self { level: Level::Unknown, text: why.into(), performance: Vec::new() }
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
    let now = snapshot.taken;
    let mut dated: Vec<(i64, &AccountCertificate)> =
        account.certificates.iter().filter_map(|certificate| Some((certificate.not_after?, certificate))).collect();
    dated.sort_by_key(|(ends, certificate)| (*ends, certificate.id));
    let within = |time: Duration| dated.iter().filter(|(ends, _)| ends_within(*ends, time, now)).count();
    let (soon, very_soon) = (within(warning.max(critical)), within(critical));
    let undeployed = snapshot.installed.iter().filter(|set| set.record.deployment.is_failed()).count();
    let unserved = snapshot.served.iter().filter(|set| set.problem.is_some()).count();
    let undated = account.certificates.len() - dated.len();
    let mut said = Vec::new();
    if soon > 0 {
        let named: Vec<String> = dated.iter().take(soon.min(NAMED)).map(|(ends, one)| named(one, *ends, now)).collect();
        let more = if soon > NAMED { format!(" and {} more", soon - NAMED) } else { String::new() };
        said.push(format!("{}{more}", named.join(", ")));
    }
    for (count, what) in [
        (undeployed, "installed here and not deployed"),
        (unserved, "installed here and not what is served"),
        (snapshot.unreadable.len(), "of the folders here cannot be read"),
        (undated, "without a time of their end"),
    ] {
        if count > 0 {
            said.push(format!("{count} {what}"));
        }
    }
    let count = dated.len() + undated;
    if said.is_empty() {
        let first = dated
            .first()
            .map_or_else(String::new, |(ends, one)| format!(", the first to end: {}", named(one, *ends, now)));
        let s = if count == 1 { "" } else { "s" };
        said.push(format!("{count} certificate{s}{first}"));
    }
    let level = match (very_soon, soon + undeployed + unserved + snapshot.unreadable.len() + undated) {
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
    if let Some((ends, _)) = dated.first() {
        let days = |time: Duration| time.as_secs() / DAY;
        performance.push(("days", days_left(*ends, now), format!(";{}:;{}:", days(warning), days(critical))));
    }
    Verdict { level, text: said.join("; "), performance }
}

fn days_left(ends: i64, now: i64) -> i64 {
    (ends - now).div_euclid(86_400)
}

fn named(certificate: &AccountCertificate, ends: i64, now: i64) -> String {
    let id = certificate.id.map_or_else(String::new, |id| format!(" ({id})"));
    let when = match days_left(ends, now) {
        -1 => "ended within a day".to_owned(),
        days if days < 0 => format!("ended {} days ago", (now - ends) / 86_400),
        0 => "ends within a day".to_owned(),
        1 => "ends in 1 day".to_owned(),
        days => format!("ends in {days} days"),
    };
    format!("{}{id} {when}", certificate.name)
}

#[cfg(test)]
mod tests {
    use super::{Level, Thresholds, check};
    use crate::{
        estate::account::{Account, AccountCertificate},
        monitoring::{ServedSet, Snapshot, prometheus},
    };

    const DAY: i64 = 86_400;
    const NOW: i64 = 1_800_000_000;

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
