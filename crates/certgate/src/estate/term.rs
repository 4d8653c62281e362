//! Whether a certificate is due, and whether it is then reissued within the paid term or renewed for another one.
//!
//! A certificate lasts 200, 100 or 47 days, while an order is paid for a year: within the term a reissue (400102) is free, and
//! only the end of the term takes a renewal (400106), which is paid. The decision is pure: the time is given.

mod renew_before;

use std::fmt;

use certgate_domain::{Certificate, Lenient, Moment, words::TimeUnit};
use certgate_x509::{X509, is_same_serial};

use self::renew_before::LONGEST;
pub use self::renew_before::{NotRenewBefore, RenewBefore};

const DAY: i64 = 86_400;
/// The gateway renews from so long before the end of the term (refusal EF4001012 before that).
pub const RENEWABLE: i64 = 90 * DAY;
/// The end of a certificate and the end of its term are one where they are that near: the authority's clock, and time zones.
const SAME: i64 = 2 * DAY;

/// The paid term of an order, as far as the gateway tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// When it ends, in seconds since 1970.
    pub end: i64,
    /// What says so.
    pub source: TermSource,
}

/// What tells the end of a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TermSource {
    /// The certificate's `payable`: when a renewal must take place.
    Payable,
    /// The order's start and its lifetime.
    Lifetime,
    /// The certificate's start and the order's lifetime: when the term began is not known, and it ends no later than that.
    Latest,
    /// The certificate's own end: nothing else is known.
    Expire,
}

impl fmt::Display for TermSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Payable => "payable",
            Self::Lifetime => "the order's start and lifetime",
            Self::Latest => "at the latest: when it began is not known",
            Self::Expire => "the certificate's end",
        })
    }
}

/// What an order pays for where the gateway does not say it.
const YEAR: i64 = 365 * DAY;
/// Authorities bound a certificate at 47 days and more: one that lasts less than this was cut short by the end of its term.
const SHORTEST: i64 = 40 * DAY;

impl Term {
    /// The term of a certificate of the gateway's. `None` where it says none of its times.
    ///
    /// No certificate outlives the term that pays for it: a `payable` before its end is that of an earlier term. Where there is none, terms
    /// of one lifetime each follow each other from the order's start on, and the present one is the first that does not end before the
    /// certificate; where that start is not known, the term is taken to begin with the certificate. Where that is too late, a reissue is
    /// free, and gives a certificate that the true end cuts short; from that the end is known.
    pub fn of(certificate: &Certificate) -> Option<Self> {
        let seconds = |moment: &Option<Lenient<Moment>>| moment.as_ref()?.value()?.unix_seconds();
        let expire = certificate.ends();
        let outlives = |end: i64| expire.is_some_and(|expire| expire > end.saturating_add(SAME));
        if let Some(end) = seconds(&certificate.payable).filter(|end| !outlives(*end)) {
            return Some(Self { end, source: TermSource::Payable });
        }
        let (created, lifetime) = (seconds(&certificate.created), lifetime_of(certificate));
        let Some(expire) = expire else {
            let end = created?.saturating_add(lifetime?);
            return Some(Self { end, source: TermSource::Lifetime });
        };
        let of_certificate = Self { end: expire, source: TermSource::Expire };
        let lifetime = lifetime.unwrap_or(YEAR);
        let server = certificate.server.as_deref().and_then(|pem| X509::from_pem(pem).ok());
        let lasts = server.as_ref().map(|server| server.not_after.saturating_sub(server.not_before));
        if lasts.is_some_and(|lasts| lasts < SHORTEST || lasts >= lifetime.saturating_sub(SAME)) {
            return Some(of_certificate);
        }
        let Some(created) = created else {
            let latest =
                |server: X509| Self { end: server.not_before.saturating_add(lifetime), source: TermSource::Latest };
            return Some(server.map_or(of_certificate, latest));
        };
        let end = nth_end(created, lifetime, expire);
        Some(if end > expire.saturating_add(SAME) {
            Self { end, source: TermSource::Lifetime }
        } else {
            of_certificate
        })
    }
}

/// The first end of one of the terms that follow each other from `start` on that is not before `expire`.
fn nth_end(start: i64, lifetime: i64, expire: i64) -> i64 {
    let terms = expire.saturating_sub(SAME).saturating_sub(start).max(1).saturating_add(lifetime - 1) / lifetime;
    start.saturating_add(terms.saturating_mul(lifetime))
}

/// What an order pays for at a time, in seconds: more than nothing.
fn lifetime_of(certificate: &Certificate) -> Option<i64> {
    let lifetime = certificate.lifetime.as_ref()?;
    let days = match lifetime.unit.as_ref()? {
        TimeUnit::Day => 1.0,
        TimeUnit::Week => 7.0,
        TimeUnit::Month => 365.0 / 12.0,
        TimeUnit::Quarter => 365.0 / 4.0,
        TimeUnit::Year => 365.0,
        _ => return None,
    };
    Some((*lifetime.period.as_ref()? as f64 * days * DAY as f64).round() as i64).filter(|lifetime| *lifetime > 0)
}

/// What is known of a certificate that is looked after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lifetime {
    /// From when the certificate is valid, in seconds since 1970.
    pub not_before: i64,
    /// Until when.
    pub not_after: i64,
    /// The paid term; `None` takes the certificate's end for it.
    pub term: Option<Term>,
    /// Whether the gateway says that a reissue is required.
    pub reissue_required: bool,
    /// Whether it was revoked: nobody accepts it any more.
    pub is_revoked: bool,
}

/// Whether the gateway asks for a reissue of a certificate.
pub(crate) fn requires_reissue(certificate: &Certificate) -> bool {
    certificate.reissue_required.as_ref().and_then(Lenient::value) == Some(&true)
}

/// When the certificate of that serial number was revoked, in seconds since 1970, as far as the gateway tells it: it is one of those before
/// the present one.
pub(crate) fn revoked_at(certificate: &Certificate, serial: &str) -> Option<i64> {
    certificate.histories.iter().find_map(|before| {
        let is_it = is_same_serial(before.serial_number.as_deref()?, serial);
        before.revoked.as_ref()?.value()?.unix_seconds().filter(|_| is_it)
    })
}

impl Lifetime {
    /// Of a certificate that is valid from and until then, in seconds since 1970, with what the gateway says of it.
    pub fn of(not_before: i64, not_after: i64, certificate: Option<&Certificate>) -> Self {
        let reissue_required = certificate.is_some_and(requires_reissue);
        Self { not_before, not_after, term: certificate.and_then(Term::of), reissue_required, is_revoked: false }
    }

    /// The same where a reissue that is asked for again and again is ordered once.
    #[must_use]
    pub(crate) fn once_required(self, was_required: bool) -> Self {
        Self { reissue_required: self.reissue_required && !was_required, ..self }
    }

    /// Whether something is to be done with it now, in seconds since 1970.
    pub fn is_due(&self, renew_before: Option<RenewBefore>, now: i64) -> bool {
        matches!(decide(self, renew_before, now), Decision::Reissue(_) | Decision::Renew(_))
    }

    /// Whether it ends so soon that its term decides what is to be done.
    pub fn ends_soon(&self, renew_before: Option<RenewBefore>, now: i64) -> bool {
        !matches!(decide(self, renew_before, now), Decision::Nothing { .. })
    }
}

/// What is to be done with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Nothing until then, in seconds since 1970.
    Nothing {
        /// When it is due.
        due: i64,
    },
    /// Nothing: it is due, but a reissue would end no later, and the gateway does not renew before then.
    TooEarly {
        /// When it can be renewed.
        renewable: i64,
    },
    /// It is reissued within the paid term, at no cost.
    Reissue(Reason),
    /// It is renewed for another term, which is paid.
    Renew(Reason),
}

/// Why something is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The gateway says that a reissue is required.
    Required,
    /// The certificate was revoked.
    Revoked,
    /// The certificate ends soon, and the term goes on until then.
    WithinTerm(Term),
    /// The certificate ends soon, and so does the term.
    TermEnds(Term),
    /// The term is over.
    TermOver(Term),
    /// All are asked for, whether a reissue gains time or not, and the gateway does not renew it yet.
    AskedFor,
    /// The gateway refused to renew it yet: its term goes on for longer than was known.
    RenewalTooEarly(Term),
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing { due } => write!(f, "it is due on {}", day(*due)),
            Self::TooEarly { renewable } => {
                write!(f, "it is due, and its term is not renewed before {}", day(*renewable))
            }
            Self::Reissue(reason) | Self::Renew(reason) => reason.fmt(f),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required => f.write_str("the gateway asks for a reissue"),
            Self::Revoked => f.write_str("what is in place was revoked"),
            Self::WithinTerm(Term { end, source }) => {
                write!(f, "it ends soon, within a term that is paid until {} ({source})", day(*end))
            }
            Self::TermEnds(Term { end, source }) => write!(f, "its term ends on {} ({source})", day(*end)),
            Self::TermOver(Term { end, source }) => write!(f, "its term ended on {} ({source})", day(*end)),
            Self::AskedFor => f.write_str("all are asked for, and its term is not renewed yet"),
            Self::RenewalTooEarly(Term { end, source }) => {
                write!(f, "the gateway does not renew it yet: its term ends later than on {} ({source})", day(*end))
            }
        }
    }
}

/// The day of a time in seconds since 1970, in UTC.
pub(crate) fn day(at: i64) -> String {
    Moment::from_unix_seconds(at).map_or_else(|| at.to_string(), |moment| moment.to_string().chars().take(10).collect())
}

/// Decides what is to be done with a certificate now, in seconds since 1970.
///
/// ```
/// use certgate::estate::term::{Decision, Lifetime, Reason, Term, TermSource, decide};
/// const DAY: i64 = 86_400;
/// let term = Term { end: 365 * DAY, source: TermSource::Payable };
/// let certificate = Lifetime { not_before: 0, not_after: 199 * DAY, term: Some(term), reissue_required: false, is_revoked: false };
/// assert_eq!(decide(&certificate, None, 100 * DAY), Decision::Nothing { due: 169 * DAY });
/// assert_eq!(decide(&certificate, None, 170 * DAY), Decision::Reissue(Reason::WithinTerm(term)));
/// ```
pub fn decide(certificate: &Lifetime, renew_before: Option<RenewBefore>, now: i64) -> Decision {
    let Lifetime { not_before, not_after, term, reissue_required, is_revoked } = *certificate;
    let before = RenewBefore::seconds(renew_before, not_before, not_after);
    let due = not_after.saturating_sub(before);
    let term = term.unwrap_or(Term { end: not_after, source: TermSource::Expire });
    if term.end <= now {
        return Decision::Renew(Reason::TermOver(term));
    }
    if is_revoked {
        return Decision::Reissue(Reason::Revoked);
    }
    if reissue_required {
        return Decision::Reissue(Reason::Required);
    }
    if now < due {
        return Decision::Nothing { due };
    }
    // A reissue gains time as long as the term goes on. At its end the renewal comes in its place, once the gateway takes that.
    if term.end > not_after.saturating_add(SAME) && term.end.saturating_sub(before.min(RENEWABLE)) > now {
        return Decision::Reissue(Reason::WithinTerm(term));
    }
    // Where nothing tells the term, one that has just begun is not paid for again.
    let unknown = if term.source == TermSource::Expire { not_before + (not_after - not_before) / 3 } else { i64::MIN };
    match unknown.max(term.end.saturating_sub(RENEWABLE)) {
        renewable if now < renewable && before > LONGEST => Decision::Reissue(Reason::AskedFor),
        renewable if now < renewable => Decision::TooEarly { renewable },
        _ => Decision::Renew(Reason::TermEnds(term)),
    }
}

/// What is done in place of what was decided, where the gateway refuses that as too early: what was known of the term was wrong, and a
/// reissue is free. Nothing becomes a renewal, which is paid: by which code the gateway says that a term is over is not known.
pub fn otherwise(decided: Decision) -> Option<Decision> {
    match decided {
        Decision::Renew(Reason::TermEnds(term) | Reason::TermOver(term)) => {
            Some(Decision::Reissue(Reason::RenewalTooEarly(term)))
        }
        _ => None,
    }
}

#[cfg(test)]
pub(in crate::estate) mod tests {
    use std::time::Duration;

    use certgate_domain::{Certificate, Lenient, Moment, TimePeriod, words::TimeUnit};
    use certgate_keys::{KeyType, PrivateKey};

    use super::{DAY, Decision, Lifetime, Reason, RenewBefore, Term, TermSource, decide, otherwise};

    /// In days: the certificate's lifetime, its term, how old it is, and what is done.
    #[test]
    fn reissue_within_the_term_and_renewal_at_its_end() {
        let paid = |days: i64| Term { end: days * DAY, source: TermSource::Payable };
        let own = |days: i64| Term { end: days * DAY, source: TermSource::Expire };
        let day = |days: u64| Some(RenewBefore::Time(Duration::from_secs(days * 86_400)));
        let nothing = |due: i64| Decision::Nothing { due: due * DAY };
        let third = Decision::Nothing { due: 47 * DAY - 47 * DAY * 2 / 3 };
        let early = |renewable: i64| Decision::TooEarly { renewable: renewable * DAY };
        let within = |term| Decision::Reissue(Reason::WithinTerm(term));
        let ends = |term| Decision::Renew(Reason::TermEnds(term));
        for (title, lasts, term, required, before, now, expected) in [
            ("398 days, the term is the certificate", 398, Some(paid(398)), false, None, 300, nothing(368)),
            ("398 days, due", 398, Some(paid(398)), false, None, 370, ends(paid(398))),
            ("398 days, nothing known of the term", 398, None, false, None, 370, ends(own(398))),
            ("199 days of a year", 199, Some(paid(365)), false, None, 168, nothing(169)),
            ("199 days of a year, due", 199, Some(paid(365)), false, None, 169, within(paid(365))),
            ("199 days, no term known", 199, None, false, None, 180, ends(own(199))),
            ("100 days of a year", 100, Some(paid(365)), false, None, 69, nothing(70)),
            ("100 days of a year, due", 100, Some(paid(365)), false, None, 71, within(paid(365))),
            ("47 days: a third", 47, Some(paid(365)), false, None, 31, nothing(31).max_due(47)),
            ("47 days, due", 47, Some(paid(365)), false, None, 32, within(paid(365))),
            ("the term ends a day after the certificate", 199, Some(paid(200)), false, None, 180, ends(paid(200))),
            ("the term ends soon after the certificate", 199, Some(paid(205)), false, None, 180, ends(paid(205))),
            ("the term is over", 199, Some(paid(150)), false, None, 151, Decision::Renew(Reason::TermOver(paid(150)))),
            ("reissue required", 199, Some(paid(365)), true, None, 10, Decision::Reissue(Reason::Required)),
            (
                "reissue required, the term over",
                99,
                Some(paid(90)),
                true,
                None,
                91,
                Decision::Renew(Reason::TermOver(paid(90))),
            ),
            ("due too early to renew", 398, Some(paid(398)), false, day(200), 250, early(308)),
            ("due too early to renew, the term goes on", 199, Some(paid(300)), false, day(130), 175, within(paid(300))),
            ("due too early to renew, a reissue gains no time", 199, Some(paid(200)), false, day(130), 75, early(110)),
            ("due, and renewable since today", 398, Some(paid(398)), false, day(200), 308, ends(paid(398))),
            ("longer than it lasts", 47, Some(paid(365)), false, day(60), 15, third),
            ("longer than it lasts, no term known", 47, None, false, day(60), 15, third),
            ("longer than it lasts, due", 47, None, false, day(60), 17, ends(own(47))),
            ("all of them", 47, Some(paid(365)), false, day(400), 1, within(paid(365))),
            ("all of them, no term known", 47, None, false, day(400), 0, Decision::Reissue(Reason::AskedFor)),
            ("all of them, the term ends", 47, Some(paid(25)), false, day(400), 1, ends(paid(25))),
            ("a time of one's own", 199, Some(paid(365)), false, day(60), 139, within(paid(365))),
            (
                "a half",
                100,
                Some(paid(365)),
                false,
                Some(RenewBefore::Share { part: 1, whole: 2 }),
                50,
                within(paid(365)),
            ),
            (
                "a half, not yet",
                100,
                Some(paid(365)),
                false,
                Some(RenewBefore::Share { part: 1, whole: 2 }),
                49,
                nothing(50),
            ),
            ("expired within its term", 100, Some(paid(365)), false, None, 120, within(paid(365))),
        ] {
            let certificate =
                Lifetime { not_before: 0, not_after: lasts * DAY, term, reissue_required: required, is_revoked: false };
            assert_eq!(decide(&certificate, before, now * DAY), expected, "{title}");
        }
    }

    /// Free in place of paid, whatever said that the term ends; never paid in place of free, and once.
    #[test]
    fn a_renewal_that_is_too_early_is_a_reissue() {
        use TermSource::{Expire, Lifetime, Payable};
        let term = |source| Term { end: 365 * DAY, source };
        let reissue = |source| Some(Decision::Reissue(Reason::RenewalTooEarly(term(source))));
        for (decided, expected) in [
            (Decision::Renew(Reason::TermEnds(term(Expire))), reissue(Expire)),
            (Decision::Renew(Reason::TermEnds(term(Payable))), reissue(Payable)),
            (Decision::Renew(Reason::TermOver(term(Lifetime))), reissue(Lifetime)),
            (Decision::Reissue(Reason::WithinTerm(term(Lifetime))), None),
            (Decision::Reissue(Reason::WithinTerm(term(Payable))), None),
            (Decision::Reissue(Reason::RenewalTooEarly(term(Expire))), None),
            (Decision::Reissue(Reason::Required), None),
            (Decision::TooEarly { renewable: 0 }, None),
            (Decision::Nothing { due: 0 }, None),
        ] {
            assert_eq!(otherwise(decided), expected, "{decided:?}");
        }
    }

    impl Decision {
        /// The third of a lifetime of so many days before its end.
        fn max_due(self, days: i64) -> Self {
            Self::Nothing { due: days * DAY - days * DAY / 3 }
        }
    }

    /// A certificate that is valid from and until so many days after the start of 1970.
    pub(in crate::estate) fn valid(from: u64, until: u64) -> String {
        let at = |days: u64| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(days * 86_400);
        let mut parameters = rcgen::CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        (parameters.not_before, parameters.not_after) = (at(from), at(until));
        parameters.serial_number = Some(1.into());
        parameters.self_signed(&PrivateKey::generate(KeyType::P256).unwrap()).unwrap().pem()
    }

    /// In days: when the order was created, how many months it pays for, from when and until when its certificate is valid (`from` none
    /// where the certificate itself is not told), and `payable`.
    #[test]
    fn what_tells_the_term() {
        use TermSource::{Expire, Latest, Lifetime, Payable};
        let at = |days: i64| Moment::from_unix_seconds(days * DAY).map(Lenient::Parsed);
        for (title, created, months, from, until, payable, expected) in [
            ("payable", Some(0), Some(12), Some(0), Some(199), Some(360), Some((360, Payable))),
            ("start and lifetime", Some(0), Some(12), Some(0), Some(199), None, Some((365, Lifetime))),
            ("the certificate itself is not told", Some(0), Some(12), None, Some(199), None, Some((365, Lifetime))),
            ("a whole term", Some(0), Some(12), None, Some(366), None, Some((366, Expire))),
            ("398 days of a year", Some(0), Some(12), Some(0), Some(398), None, Some((398, Expire))),
            ("398 days of two years", Some(0), Some(24), Some(0), Some(398), None, Some((730, Lifetime))),
            ("the last of its term", Some(0), Some(12), Some(320), Some(365), None, Some((365, Expire))),
            ("199 days, renewed once", Some(0), Some(12), Some(340), Some(539), None, Some((730, Lifetime))),
            ("100 days, renewed once", Some(0), Some(12), Some(340), Some(440), None, Some((730, Lifetime))),
            ("47 days, renewed once", Some(0), Some(12), Some(350), Some(397), None, Some((730, Lifetime))),
            ("47 days, renewed twice", Some(0), Some(12), Some(900), Some(947), None, Some((1095, Lifetime))),
            ("renewed, the last of its term", Some(0), Some(12), Some(600), Some(730), None, Some((730, Expire))),
            ("47 days of three years", Some(0), Some(36), Some(900), Some(947), None, Some((1095, Lifetime))),
            (
                "renewed after its end, and cut short",
                Some(0),
                Some(12),
                Some(735),
                Some(765),
                None,
                Some((765, Expire)),
            ),
            ("created after it ended", Some(100), Some(12), Some(0), Some(47), None, Some((465, Lifetime))),
            ("no lifetime: a year", Some(0), None, Some(0), Some(199), None, Some((365, Lifetime))),
            ("a lifetime of nothing", Some(0), Some(0), Some(0), Some(199), None, Some((365, Lifetime))),
            ("no start", None, Some(12), Some(0), Some(199), None, Some((365, Latest))),
            ("no start, 47 days", None, Some(12), Some(340), Some(387), None, Some((705, Latest))),
            ("no start, the last of its term", None, Some(12), Some(340), Some(365), None, Some((365, Expire))),
            ("no start, a whole term", None, Some(12), Some(0), Some(366), None, Some((366, Expire))),
            ("no start, three months of three", None, Some(3), Some(0), Some(90), None, Some((90, Expire))),
            (
                "no start, a lifetime of all time",
                None,
                Some(i64::MAX),
                Some(1),
                Some(199),
                None,
                Some((i64::MAX / DAY, Latest)),
            ),
            ("no start, no lifetime", None, None, Some(0), Some(199), None, Some((365, Latest))),
            ("no start, no lifetime, more than a year", None, None, Some(0), Some(398), None, Some((398, Expire))),
            (
                "no start, the certificate itself is not told",
                None,
                Some(12),
                None,
                Some(199),
                None,
                Some((199, Expire)),
            ),
            ("payable of the term before", Some(0), Some(12), Some(350), Some(397), Some(100), Some((730, Lifetime))),
            (
                "payable of the term before, no start",
                None,
                Some(12),
                Some(350),
                Some(397),
                Some(365),
                Some((715, Latest)),
            ),
            ("payable a day before its end", Some(0), Some(12), Some(320), Some(365), Some(364), Some((364, Payable))),
            ("no end", Some(0), Some(12), None, None, None, Some((365, Lifetime))),
            ("nothing", None, None, None, None, None, None),
        ] {
            let certificate = Certificate {
                created: created.and_then(at),
                lifetime: months.map(|period| TimePeriod { unit: Some(TimeUnit::Month), period: Some(period) }),
                expire: until.and_then(at),
                payable: payable.and_then(at),
                server: from.zip(until).map(|(from, until)| valid(from, until.cast_unsigned())),
                ..Certificate::default()
            };
            let found = Term::of(&certificate).map(|term| (term.end / DAY, term.source));
            assert_eq!(found, expected, "{title}");
        }
    }
}
