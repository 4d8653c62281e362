//! Finding out what became of an order whose answer was lost: by looking, never by sending it again.

mod span;

use std::time::Duration;

use certgate_domain::{
    AnyData, AnyTask, Certificate, Data, Job, Mode, Moment, ObjectJob, Query, QueryFilter, QueryOrder, Task, TaskKind,
    task::{CertificateInfo, CertificateList, JobList, PollInfo},
    words::{JobStatus, Operator, OrderMode},
};
use certgate_flow::ForeignMessages;
use certgate_store::{Change, Order, State};
use certgate_x509::{CertificateRequest, X509, is_same_serial};

use self::span::{Span, seconds_out};
use crate::{
    Client, Error, Journal,
    selector::{is_same_name, spellings},
};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reconciled {
    /// It arrived; the store says where it stands now.
    Resolved,
    /// Nothing of it is to be seen yet, or too much.
    Ambiguous {
        /// What was seen, a line each.
        evidence: Vec<String>,
        /// When it is settled as never arrived, in seconds since 1970, where nothing shows until then. Absent where time does not
        /// tell: a person decides.
        settles: Option<i64>,
    },
}

/// How an order is looked for whose answer was lost.
#[derive(Debug, Clone)]
pub struct RecoveryOptions {
    /// How long a request may be under way. An order that nothing shows of for longer never arrived.
    pub settle_after: Duration,
    /// What is done with messages of others: under [`ForeignMessages::Leave`] the queue is not asked.
    pub foreign: ForeignMessages,
}

impl RecoveryOptions {
    /// How long a request may be under way, unless a profile says otherwise.
    pub const SETTLE_AFTER: Duration = Duration::from_secs(15 * 60);
}

impl Default for RecoveryOptions {
    fn default() -> Self {
        Self { settle_after: Self::SETTLE_AFTER, foreign: ForeignMessages::default() }
    }
}

/// Looks for an order: its messages in the store, the certificate, the account's jobs, the first message of the queue. Where a
/// person named its job, that one alone.
///
/// # Errors
/// What the client or the store could not do.
pub fn reconcile(
    client: &mut Client,
    journal: &mut Journal,
    order: &Order,
    options: &RecoveryOptions,
) -> Result<Reconciled, Error> {
    let id = &order.order.id;
    // A message that carries its transaction id advanced it when it was kept.
    if let Some(message) = journal.message_of(order)? {
        // Unless another process had it then.
        journal.advance(id, &message)?;
        return Ok(Reconciled::Resolved);
    }
    let mut seen = vec!["no message about it is in the store".to_owned()];
    let kind = TaskKind::by_name(&order.order.task);
    if kind.is_some_and(|kind| kind.mode() == Mode::Sync) {
        let serial = order.order.resume.serial_before.as_deref().filter(|_| kind == Some(TaskKind::CertificateRevoke));
        let Some((certificate, serial)) = order.order.certificate.zip(serial) else {
            seen.push(format!("{} has no job to be found by: look for what it does by hand", order.order.task));
            return Ok(Reconciled::Ambiguous { evidence: seen, settles: None });
        };
        if shown(client, certificate)?.is_some_and(|now| is_revoked(&now, serial)) {
            journal.note(id, State::Done, "the certificate is shown as revoked")?;
            return Ok(Reconciled::Resolved);
        }
        seen.push(format!("serial number {serial} of certificate {certificate} is not shown as revoked"));
        return Ok(Reconciled::Ambiguous { evidence: seen, settles: None });
    }
    // Before the certificate: what a job did by now, that shows.
    let Listing { jobs: listed, span, date, is_complete } = match jobs_of(client, order, journal.now()) {
        // Not every account may list its jobs; the certificate may tell all the same.
        Err(error) if error.refusal().is_some() => {
            seen.push(error.to_string());
            Listing::default()
        }
        listed => listed?,
    };
    // Where a person named a job, there is one.
    let mut is_absent = is_complete && order.job.is_none();
    let deletes = kind == Some(TaskKind::CertificateDelete);
    let mut outcome = None;
    let mut contradicts = false;
    if let Some(certificate) = order.order.certificate {
        match shown(client, certificate)? {
            None if deletes => outcome = Some((State::Done, "the certificate is gone")),
            None => {
                is_absent = false;
                seen.push(format!("certificate {certificate} is not there"));
            }
            Some(now) => match CertificateMatch::of(order, &now) {
                CertificateMatch::New if !deletes => {
                    outcome = Some((State::Issued, "the certificate has the order's key and another serial number"));
                }
                likeness => {
                    contradicts = deletes || likeness == CertificateMatch::Other;
                    let serial = serial_of(&now);
                    // Nothing was issued under it yet, before the order and since.
                    let is_unissued =
                        serial.is_none() && order.order.resume.serial_before.is_none() && now.server.is_none();
                    is_absent &= contradicts || is_unissued;
                    let is = match (contradicts, is_unissued) {
                        (true, _) => "is not what was ordered",
                        (false, true) => "is not issued",
                        (false, false) => "is there",
                    };
                    let serial = serial.map(|serial| format!(" (serial {serial})"));
                    seen.push(format!("certificate {certificate} {is}{}", serial.unwrap_or_default()));
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
            is_absent = false;
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
            Some(job) => seen.push(format!("job {job}, named by hand, is no job of the account that fits this order")),
            None => seen.push("no job of the account fits it".to_owned()),
        },
        (None, several) => {
            is_absent = false;
            let numbers: Vec<String> = several.iter().map(|(number, _)| number.to_string()).collect();
            seen.push(format!("several jobs fit it: {}", numbers.join(", ")));
        }
    }
    if is_absent && order.order.certificate.is_none() {
        is_absent = !is_listed(client, order, span, &mut seen)?;
    }
    if is_absent && options.foreign != ForeignMessages::Leave {
        match first_message(client, id, &mut seen)? {
            FirstMessage::Ours(job) => {
                journal.change(id, &change(State::Pending, job, "found as the first message of the queue"))?;
                return Ok(Reconciled::Resolved);
            }
            FirstMessage::NotOurs => {}
            FirstMessage::NotShown => is_absent = false,
        }
    }
    if !is_absent {
        return Ok(Reconciled::Ambiguous { evidence: seen, settles: None });
    }
    let now = journal.now() / 1000;
    let out = seconds_out(sent_at(journal, order)?, order.order.resume.clock_ahead, now, date);
    let longest = i64::try_from(options.settle_after.as_secs()).unwrap_or(i64::MAX);
    if out > longest {
        let detail = format!("never arrived: nothing shows of it {out} seconds after it was sent");
        journal.change(id, &change(State::Unsent, None, &detail))?;
        return Ok(Reconciled::Resolved);
    }
    Ok(Reconciled::Ambiguous { evidence: seen, settles: Some(now.saturating_add(longest - out).saturating_add(1)) })
}

/// When an order was last about to leave, in seconds since 1970 by our clock.
fn sent_at(journal: &Journal, order: &Order) -> Result<i64, Error> {
    let history = journal.store().history(&order.order.id)?;
    let sent = history.iter().rev().find(|event| event.state == State::Sending);
    Ok(sent.map_or(order.created, |event| event.time) / 1000)
}

/// What the gateway shows of an order that is out, and its time, in seconds since 1970. Nothing is given up for what is not understood, also where
/// that is not borne otherwise: stopping would only lose the order.
fn look<T: Task>(client: &mut Client, task: T) -> Result<(Vec<T::Data>, Option<i64>), Error> {
    let task: AnyTask = task.into();
    let exchange = client.exchange(&task)?;
    let exchange = client.accepted(task.kind(), exchange)?;
    let date = exchange.date();
    Ok((exchange.answer.value.data.into_iter().filter_map(T::Data::from_any).collect(), date))
}

/// A certificate as the gateway has it; `None` if it refuses to show it.
fn shown(client: &mut Client, id: i64) -> Result<Option<Certificate>, Error> {
    match look(client, CertificateInfo::new(id)) {
        Err(error) if error.refusal().is_some() => Ok(None),
        shown => Ok(shown?.0.into_iter().next()),
    }
}

/// Whether an earlier certificate of that serial number is shown as revoked.
fn is_revoked(certificate: &Certificate, serial: &str) -> bool {
    let is_meant = |of: &str| is_same_serial(of, serial);
    certificate.histories.iter().any(|one| one.revoked.is_some() && one.serial_number.as_deref().is_some_and(is_meant))
}

/// Whether a new certificate of the order's name is there that can be the order's: a job that has ended need not be listed.
fn is_listed(client: &mut Client, order: &Order, span: Span, seen: &mut Vec<String>) -> Result<bool, Error> {
    let Some(name) = order.order.name.as_deref() else { return Ok(true) };
    let mut certificates = Vec::new();
    for spelling in spellings(name) {
        let query = newest(QueryFilter::new("name", Operator::Equal, spelling), "created");
        match look(client, CertificateList { query }) {
            Err(error) if error.refusal().is_some() => {
                seen.push(error.to_string());
                return Ok(true);
            }
            listed => certificates.extend(listed?.0),
        }
    }
    // In a condition `*` stands for any text, and `*.example.com` is a name.
    certificates.retain(|one| one.name.as_deref().is_none_or(|other| is_same_name(other, name)));
    let made = |certificate: &Certificate| certificate.created.as_ref().and_then(|made| made.value().cloned());
    let is_earlier = |certificate: &&Certificate| made(certificate).is_some_and(|made| is_before(client, &made, span));
    match certificates.iter().find(|certificate| !is_earlier(certificate)) {
        Some(certificate) => {
            let number = certificate.id.map_or_else(String::new, |id| format!(" {id}"));
            seen.push(format!("certificate{number} for {name} is not from before the order"));
            Ok(true)
        }
        None => {
            seen.push(format!("no certificate for {name} was made since"));
            Ok(false)
        }
    }
}

/// The first message of the queue, as far as an order is concerned.
enum FirstMessage {
    /// It carries the order's transaction id, and is about that job.
    Ours(Option<i64>),
    /// There is none, or it is about something else.
    NotOurs,
    /// The gateway refused to show it.
    NotShown,
}

/// Looks at the first message of the queue, and leaves it there.
fn first_message(client: &mut Client, id: &str, seen: &mut Vec<String>) -> Result<FirstMessage, Error> {
    let (messages, _) = match look(client, PollInfo) {
        Err(error) if error.refusal().is_some() => {
            seen.push(error.to_string());
            return Ok(FirstMessage::NotShown);
        }
        shown => shown?,
    };
    let ours = messages.into_iter().find(|message| message.ctid.as_deref() == Some(id));
    Ok(match ours {
        Some(message) => FirstMessage::Ours(message.job.and_then(|job| job.id)),
        None => {
            seen.push("the first message of the queue is not about it".to_owned());
            FirstMessage::NotOurs
        }
    })
}

/// The serial number of a certificate as the gateway shows it: the one that it says, else that of what it issued.
pub(crate) fn serial_of(certificate: &Certificate) -> Option<String> {
    let of_issued = || Some(X509::from_pem(certificate.server.as_deref()?).ok()?.serial);
    certificate.serial_number.clone().or_else(of_issued)
}

/// The later job of the certificate that is in the place of an order's job, which succeeded: the certificate as it is shown is that one's, and
/// the order's is not shown any more. Whoever may not list jobs is told of none.
pub(super) fn overtaken_by(client: &mut Client, own: i64, name: &str, certificate: i64) -> Result<Option<i64>, Error> {
    for spelling in spellings(name) {
        let listed =
            look(client, JobList { query: newest(QueryFilter::new("object", Operator::Equal, spelling), "id") });
        let jobs = match listed {
            Err(error) if error.refusal().is_some() => return Ok(None),
            listed => listed?.0,
        };
        let later = jobs.iter().find_map(|job| {
            let (object, inner) = (job.object.as_ref(), job.job.as_ref()?);
            let is_of_another = object.and_then(|object| object.certificate()?.id).is_some_and(|id| id != certificate);
            let is_of_name = object.and_then(|object| object.value.as_deref()).is_some_and(|of| is_same_name(of, name));
            let replaces =
                inner.action.as_deref().is_some_and(|action| REPLACING.contains(&&*action.to_ascii_lowercase()));
            let is_done = inner.status == Some(JobStatus::Success);
            inner.id.filter(|id| *id > own && is_of_name && !is_of_another && replaces && is_done)
        });
        if later.is_some() {
            return Ok(later);
        }
    }
    Ok(None)
}

/// What jobs are called that put another certificate in the place of the one before.
const REPLACING: [&str; 2] = ["reissue", "renew"];

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
        let same_serial = before.zip(serial_of(now)).map(|(before, now)| is_same_serial(before, &now));
        let csr = order.order.csr.as_deref().and_then(|csr| CertificateRequest::read(csr).ok());
        let shown = now.server.as_deref().and_then(|pem| X509::from_pem(pem).ok());
        let same_key = csr.zip(shown).map(|(csr, shown)| csr.key.spki == shown.key.spki);
        match (same_key, same_serial) {
            (Some(false), _) | (_, Some(true)) => Self::Other,
            (Some(true), Some(false)) => Self::New,
            _ => Self::Unclear,
        }
    }
}

/// What a look into the account's jobs shows.
#[derive(Debug, Default)]
struct Listing {
    /// Those about the order's certificate, newest first for each spelling of its name, or the one that was named.
    jobs: Vec<ObjectJob>,
    /// When one that is the order's can have been made.
    span: Span,
    /// The gateway's time, in seconds since 1970.
    date: Option<i64>,
    /// Whether a job of the order would be among them.
    is_complete: bool,
}

/// So many rows of a list are asked for.
const WINDOW: i64 = 50;

/// The newest rows by that key, of those that fit.
fn newest(filter: QueryFilter, key: &str) -> Query {
    let orders = vec![QueryOrder { key: Some(key.to_owned()), r#type: Some(OrderMode::Desc), ins: Vec::new() }];
    Query { filters: vec![filter], orders, view: None }.window(0, WINDOW)
}

fn jobs_of(client: &mut Client, order: &Order, now: i64) -> Result<Listing, Error> {
    let filters = match (order.job, &order.order.name) {
        (Some(job), _) => vec![QueryFilter::new("id", Operator::Equal, job.to_string())],
        (None, Some(name)) => {
            let spellings = spellings(name).into_iter();
            spellings.map(|spelling| QueryFilter::new("object", Operator::Equal, spelling)).collect()
        }
        (None, None) => return Ok(Listing::default()),
    };
    let mut listing = Listing { is_complete: true, ..Listing::default() };
    let id = |job: &ObjectJob| job.job.as_ref().and_then(|job| job.id);
    for filter in filters {
        let (jobs, date) = look(client, JobList { query: newest(filter, "id") })?;
        // As it was with the first answer: `now` is from just before.
        listing.date = listing.date.or(date);
        listing.span = Span::of(order.created, now, listing.date);
        let oldest = jobs.last().and_then(|job| job.job.as_ref());
        let reaches_back = oldest.is_some_and(|oldest| is_from_before(client, oldest, listing.span));
        listing.is_complete &= i64::try_from(jobs.len()).is_ok_and(|count| count < WINDOW) || reaches_back;
        for job in jobs {
            if listing.jobs.iter().all(|other| id(other) != id(&job)) {
                listing.jobs.push(job);
            }
        }
    }
    Ok(listing)
}

/// Takes from a list of certificates, in which an order that is out looks for its own, those that were there before it. The newest one
/// stays, whatever its time says: a certificate that is paid for is not to be missed for a clock.
pub(super) fn leave_earlier(client: &Client, order: &Order, now: i64, date: Option<i64>, listed: &mut Vec<AnyData>) {
    let span = Span::of(order.created, now, date);
    let certificate = |data: &AnyData| match data {
        AnyData::Certificate(one) => Some((one.id, one.created.as_ref().and_then(|made| made.value().cloned()))),
        _ => None,
    };
    let newest = listed.iter().filter_map(|data| certificate(data)?.0).max();
    listed.retain(|data| {
        let Some((id, Some(made))) = certificate(data) else { return true };
        id == newest || !is_before(client, &made, span)
    });
}

/// Whether a certificate came or was changed since that time, in milliseconds since 1970, as far as a list says it. `now` and `date` are ours and the
/// gateway's when it came.
pub(super) fn was_changed_since(client: &Client, one: &Certificate, at: i64, now: i64, date: Option<i64>) -> bool {
    let updated = one.updated.as_ref().and_then(|updated| updated.value());
    updated.is_some_and(|updated| !is_before(client, updated, Span::of(at, now, date)))
}

/// Whether a job was made before its order can have arrived.
fn is_from_before(client: &Client, job: &Job, span: Span) -> bool {
    job.created.as_ref().and_then(|said| said.value()).is_some_and(|made| is_before(client, made, span))
}

fn is_before(client: &Client, made: &Moment, span: Span) -> bool {
    made.unix_seconds().is_some_and(|at| span.begins_after(at, client.later_reading(made)))
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
        && name.zip(order.order.name.as_deref()).is_none_or(|(said, ours)| is_same_name(said, ours))
}
