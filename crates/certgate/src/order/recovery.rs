//! Finding out what became of an order whose answer was lost: by looking, never by sending it again.

use certgate_domain::{
    AnyData, AnyTask, Certificate, Job, Mode, ObjectJob, Query, QueryFilter, QueryOrder, TaskKind,
    task::{CertificateInfo, JobList},
    words::{JobStatus, Operator, OrderMode},
};
use certgate_store::{Change, Order, State};
use certgate_x509::{CertificateRequest, X509, is_same_serial};
use jiff::fmt::rfc2822::DateTimeParser;

use crate::{Client, Error, Journal, Kind, unix_now};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reconciled {
    /// It arrived; the store says where it stands now.
    Resolved,
    /// Nothing of it is to be seen, or too much: a person decides.
    Ambiguous {
        /// What was seen, a line each.
        evidence: Vec<String>,
    },
}

/// Looks for an order: its messages in the store, the certificate, the account's jobs. Where a person named its job, that one
/// alone.
///
/// # Errors
/// What the client or the store could not do.
pub fn reconcile(client: &mut Client, journal: &mut Journal, order: &Order) -> Result<Reconciled, Error> {
    let id = &order.order.id;
    // A message that carries its transaction id advanced it when it was kept.
    if journal.message_of(id)?.is_some() {
        return Ok(Reconciled::Resolved);
    }
    let mut seen = vec!["no message about it is in the store".to_owned()];
    let kind = TaskKind::by_name(&order.order.task);
    if kind.is_some_and(|kind| kind.mode() == Mode::Sync) {
        seen.push(format!("{} has no job to be found by: look for what it does by hand", order.order.task));
        return Ok(Reconciled::Ambiguous { evidence: seen });
    }
    // Before the certificate: what a job did by now, that shows.
    let (listed, span) = match jobs_of(client, order) {
        // Not every account may list its jobs; the certificate may tell all the same.
        Err(error) if error.kind() == Kind::Refused => {
            seen.push(error.to_string());
            (Vec::new(), Span::default())
        }
        listed => listed?,
    };
    let deletes = kind == Some(TaskKind::CertificateDelete);
    let mut outcome = None;
    let mut contradicts = false;
    if let Some(certificate) = order.order.certificate {
        match certificate_of(client, certificate)? {
            None if deletes => outcome = Some((State::Done, "the certificate is gone")),
            None => seen.push(format!("certificate {certificate} is not there")),
            Some(now) => match CertificateMatch::of(order, &now) {
                CertificateMatch::New if !deletes => {
                    outcome = Some((State::Issued, "the certificate has the order's key and another serial number"));
                }
                likeness => {
                    contradicts = deletes || likeness == CertificateMatch::Other;
                    let serial = now.serial_number.as_deref().unwrap_or("unknown");
                    let is = if contradicts { "is not what was ordered" } else { "is there" };
                    seen.push(format!("certificate {certificate} {is} (serial {serial})"));
                }
            },
        }
    }
    let mut jobs = Vec::new();
    for job in listed {
        let Some((number, inner)) = job.job.as_ref().and_then(|inner| Some((inner.id?, inner))) else { continue };
        let named = order.job == Some(number);
        if !fits(order, &job) || (!named && journal.of_job(number)?.is_some()) {
            continue;
        }
        // What a person said is not doubted: the certificate is checked once it is fetched.
        if !named && is_from_before(client, inner, span) {
            seen.push(format!("job {number} is from before the order"));
        } else if !named && contradicts && inner.status == Some(JobStatus::Success) {
            seen.push(format!("job {number} succeeded, and the certificate is not the order's"));
        } else {
            jobs.push((number, inner.status.clone()));
        }
    }
    let change = |state, job, detail: &str| {
        let detail = detail.to_owned();
        Change { state, job, stid: None, certificate: None, detail }
    };
    match (outcome, jobs.as_slice()) {
        (Some((state, why)), jobs) => {
            // Its job is its own from now on, and no other order's.
            let job = match jobs {
                [(number, _)] => Some(*number),
                _ => None,
            };
            journal.change(id, &change(state, job, why))?;
            return Ok(Reconciled::Resolved);
        }
        (None, [(number, status)]) => {
            let state = match status {
                Some(JobStatus::Failed | JobStatus::Canceled) => State::Failed,
                _ => State::Pending,
            };
            journal.change(id, &change(state, Some(*number), &format!("found as job {number}")))?;
            return Ok(Reconciled::Resolved);
        }
        (None, []) => match order.job {
            Some(job) => seen.push(format!("job {job}, named by hand, is none of the account's that fits it")),
            None => seen.push("no job of the account fits it".to_owned()),
        },
        (None, several) => {
            let numbers: Vec<String> = several.iter().map(|(number, _)| number.to_string()).collect();
            seen.push(format!("several jobs fit it: {}", numbers.join(", ")));
        }
    }
    Ok(Reconciled::Ambiguous { evidence: seen })
}

fn certificate_of(client: &mut Client, id: i64) -> Result<Option<Certificate>, Error> {
    match client.call(CertificateInfo::new(id)) {
        Ok(answer) => Ok(answer.value.data.into_iter().next()),
        Err(error) if error.kind() == Kind::Refused => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a certificate is to the order that was to make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CertificateMatch {
    /// It has the order's key, and not the serial number from before.
    New,
    /// It has another key, or is the one from before.
    Other,
    /// What is known does not tell.
    Unclear,
}

impl CertificateMatch {
    fn of(order: &Order, now: &Certificate) -> Self {
        let before = order.order.resume.serial_before.as_deref();
        let same_serial = before.zip(now.serial_number.as_deref()).map(|(before, now)| is_same_serial(before, now));
        let csr = order.order.csr.as_deref().and_then(|csr| CertificateRequest::from_pem(csr).ok());
        let shown = now.server.as_deref().and_then(|pem| X509::from_pem(pem).ok());
        let same_key = csr.zip(shown).map(|(csr, shown)| csr.key.spki == shown.key.spki);
        match (same_key, same_serial) {
            (Some(false), _) | (_, Some(true)) => Self::Other,
            (Some(true), Some(false)) => Self::New,
            _ => Self::Unclear,
        }
    }
}

/// The account's jobs about the order's certificate, newest first, or the one that was named; and when one that is the
/// order's can have been made.
fn jobs_of(client: &mut Client, order: &Order) -> Result<(Vec<ObjectJob>, Span), Error> {
    let filter = match (order.job, &order.order.name) {
        (Some(job), _) => QueryFilter::new("id", Operator::Equal, job.to_string()),
        (None, Some(name)) => QueryFilter::new("object", Operator::Equal, name.clone()),
        (None, None) => return Ok((Vec::new(), Span::default())),
    };
    let query = Query {
        filters: vec![filter],
        orders: vec![QueryOrder { key: Some("id".to_owned()), r#type: Some(OrderMode::Desc), ins: Vec::new() }],
        view: None,
    }
    .window(0, 50);
    let task = AnyTask::from(JobList { query });
    let exchange = client.exchange(&task)?;
    let exchange = client.accepted(task.kind(), exchange)?;
    let span = Span::of(order.created, unix_now(), exchange.reply.header("date"));
    let jobs = exchange.answer.value.data.into_iter().filter_map(|data| match data {
        AnyData::ObjectJob(job) => Some(*job),
        _ => None,
    });
    Ok((jobs.collect(), span))
}

/// Times are whole seconds on both sides.
const ROUNDING: i64 = 2;
/// So far apart may two clocks be that cannot be compared, in seconds.
const CLOCKS: i64 = 300;

/// When a job of an order can have been made, in seconds since 1970 by the gateway's clock.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    since: i64,
    until: i64,
}

impl Span {
    /// Of an order that was committed at `created`, looked for at `now` (milliseconds by our clock): the `Date` of an answer
    /// tells how far apart the clocks are.
    fn of(created: i64, now: i64, date: Option<&str>) -> Self {
        let (created, now) = (created / 1000, now / 1000);
        let theirs = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
        match theirs.map(|theirs| theirs.as_second()) {
            Some(theirs) => Self { since: created + (theirs - now) - ROUNDING, until: theirs + ROUNDING },
            None => Self { since: created - CLOCKS, until: now + CLOCKS },
        }
    }

    /// Whether it begins after something was made. Of a time that may mean two instants the later one counts, unless that is
    /// still to come.
    fn begins_after(self, made: i64, later: Option<i64>) -> bool {
        later.filter(|later| *later <= self.until).unwrap_or(made) < self.since
    }
}

/// Whether a job was made before its order can have arrived.
fn is_from_before(client: &Client, job: &Job, span: Span) -> bool {
    let made = job.created.as_ref().and_then(|said| said.value());
    made.is_some_and(|made| made.unix_seconds().is_some_and(|at| span.begins_after(at, client.later_reading(made))))
}

/// Whether a job can be the order's by what it does, for which product and name.
fn fits(order: &Order, job: &ObjectJob) -> bool {
    let action = order.order.task.strip_prefix("certificate-").unwrap_or_default();
    let Some(inner) = &job.job else { return false };
    let same = |said: Option<&str>, ours: Option<&str>| match (said, ours) {
        (Some(said), Some(ours)) => said.eq_ignore_ascii_case(ours),
        _ => true,
    };
    let name = job.object.as_ref().and_then(|object| object.value.as_deref());
    same(inner.action.as_deref(), Some(action))
        && same(inner.sub_type.as_deref(), order.order.product.as_deref())
        && same(name, order.order.name.as_deref())
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn a_job_is_not_from_before_its_order_by_the_gateways_clock() {
        // Thu, 01 Jan 2026 00:00:00 GMT.
        let midnight = 1_767_225_600;
        for (title, created, now, date, since, until) in [
            ("clocks that agree", 0, 60, Some("Thu, 01 Jan 2026 00:01:00 GMT"), -2, 62),
            ("ours is an hour behind", -3600, -3540, Some("Thu, 01 Jan 2026 00:01:00 GMT"), -2, 62),
            ("ours is an hour ahead", 3600, 3660, Some("Thu, 01 Jan 2026 00:01:00 GMT"), -2, 62),
            ("no Date", 0, 60, None, -300, 360),
            ("a Date that is none", 0, 60, Some("yesterday"), -300, 360),
        ] {
            let found = Span::of((midnight + created) * 1000, (midnight + now) * 1000, date);
            assert_eq!((found.since - midnight, found.until - midnight), (since, until), "{title}");
        }
    }

    #[test]
    fn a_time_that_may_mean_two_instants() {
        const HOUR: i64 = 3600;
        // Ordered at 0, looked for a minute later.
        let span = Span { since: -2, until: 62 };
        for (title, made, later, is_from_before) in [
            ("just made", 1, None, false),
            ("long made", -1200, None, true),
            ("just made in the first of the two hours", 1, Some(1 + HOUR), false),
            ("long made in the first of the two hours", -1200, Some(HOUR - 1200), true),
            ("just made in the second", 1 - HOUR, Some(1), false),
            ("long made in the second", -1200 - HOUR, Some(-1200), true),
        ] {
            assert_eq!(span.begins_after(made, later), is_from_before, "{title}");
        }
    }
}
