//! Finding out what became of an order whose answer was lost: by looking, never by sending it again.

use certgate_domain::{
    AnyTask, Certificate, Mode, ObjectJob, Query, QueryFilter, QueryOrder, TaskKind,
    task::{CertificateInfo, JobList},
    words::{JobStatus, Operator, OrderMode},
};
use certgate_store::{Change, Order, State};
use certgate_x509::{CertificateRequest, X509};
use serde_json::Value;

use crate::{Client, Error, Kind, Ledger};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// It arrived; the store says where it stands now.
    Arrived,
    /// Nothing of it is to be seen, or too much: a person decides.
    Open {
        /// What was seen, a line each.
        seen: Vec<String>,
    },
}

/// Clocks of client and gateway may be so far apart, in seconds.
const CLOCKS: i64 = 300;

/// Looks for an order: its messages in the store, the certificate, the account's jobs.
///
/// # Errors
/// What the client or the store could not do.
pub fn settle(client: &mut Client, ledger: &mut Ledger, order: &Order) -> Result<Settled, Error> {
    let id = &order.order.id;
    // A message that carries its transaction id advanced it when it was kept.
    if ledger.message_of(id)?.is_some() {
        return Ok(Settled::Arrived);
    }
    let mut seen = vec!["no message about it is in the store".to_owned()];
    let kind = TaskKind::by_name(&order.order.task);
    if kind.is_some_and(|kind| kind.mode() == Mode::Sync) {
        seen.push(format!("{} has no job to be found by: look for what it does by hand", order.order.task));
        return Ok(Settled::Open { seen });
    }
    let jobs = candidates(client, ledger, order)?;
    if let Some(certificate) = order.order.certificate {
        match certificate_of(client, certificate)? {
            None if order.order.task == TaskKind::CertificateDelete.name() => {
                ledger.note(id, State::Done, "the certificate is gone")?;
                return Ok(Settled::Arrived);
            }
            None => seen.push(format!("certificate {certificate} is not there")),
            Some(now) if is_new(order, &now) => {
                // Its job is noted as well, so that no later order takes it for its own.
                let job = if let [(number, _)] = jobs.as_slice() { Some(*number) } else { None };
                let detail = "the certificate has the order's key and another serial number".to_owned();
                let change = Change { state: State::Issued, job, stid: None, certificate: None, detail };
                ledger.change(id, &change)?;
                return Ok(Settled::Arrived);
            }
            Some(now) => seen.push(format!(
                "certificate {certificate} is as before (serial {})",
                now.serial_number.as_deref().unwrap_or("unknown")
            )),
        }
    }
    match jobs.as_slice() {
        [(number, job)] => {
            let state = match job.job.as_ref().and_then(|job| job.status.as_ref()) {
                Some(JobStatus::Failed | JobStatus::Canceled) => State::Failed,
                _ => State::Accepted,
            };
            let detail = format!("found as job {number}");
            ledger.change(id, &Change { state, job: Some(*number), stid: None, certificate: None, detail })?;
            Ok(Settled::Arrived)
        }
        [] => {
            seen.push("no job of the account fits it".to_owned());
            Ok(Settled::Open { seen })
        }
        several => {
            let numbers: Vec<String> = several.iter().map(|(number, _)| number.to_string()).collect();
            seen.push(format!("several jobs fit it: {}", numbers.join(", ")));
            Ok(Settled::Open { seen })
        }
    }
}

fn certificate_of(client: &mut Client, id: i64) -> Result<Option<Certificate>, Error> {
    match client.call(CertificateInfo::new(id)) {
        Ok(answer) => Ok(answer.value.data.into_iter().next()),
        Err(error) if error.kind() == Kind::Refused => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the certificate is the order's: its key, and not the serial number that was there before.
fn is_new(order: &Order, now: &Certificate) -> bool {
    let wanted: Value = serde_json::from_str(&order.order.wanted).unwrap_or_default();
    let Some(before) = wanted.get("serial").and_then(Value::as_str) else { return false };
    let key = order.order.csr.as_deref().and_then(|csr| CertificateRequest::from_pem(csr).ok()).map(|csr| csr.key.spki);
    let shown = now.server.as_deref().and_then(|pem| X509::from_pem(pem).ok());
    let is_other = |serial: &str| !serial.eq_ignore_ascii_case(before);
    key.is_some()
        && shown.as_ref().map(|shown| &shown.key.spki) == key.as_ref()
        && now.serial_number.as_deref().is_some_and(is_other)
}

/// The jobs that can be the order's, with their ids, newest first. They end with that of an earlier order: this one's is newer.
fn candidates(client: &mut Client, ledger: &Ledger, order: &Order) -> Result<Vec<(i64, ObjectJob)>, Error> {
    let mut jobs = Vec::new();
    for job in jobs_of(client, order)? {
        let Some(number) = job.job.as_ref().and_then(|job| job.id) else { continue };
        match ledger.of_job(number)? {
            Some(known) if known.created < order.created => break,
            None if fits(order, &job) => jobs.push((number, job)),
            _ => {}
        }
    }
    Ok(jobs)
}

/// The account's jobs about the order's certificate, newest first.
fn jobs_of(client: &mut Client, order: &Order) -> Result<Vec<ObjectJob>, Error> {
    let Some(name) = &order.order.name else { return Ok(Vec::new()) };
    let query = Query {
        filters: vec![QueryFilter::new("object", Operator::Equal, name.clone())],
        orders: vec![QueryOrder { key: Some("id".to_owned()), r#type: Some(OrderMode::Desc), ins: Vec::new() }],
        view: None,
    }
    .window(0, 50);
    let task = AnyTask::from(JobList { query });
    let exchange = client.exchange(&task)?;
    let exchange = client.accepted(task.kind(), exchange)?;
    let jobs = exchange.answer.value.data.into_iter().filter_map(|data| match data {
        certgate_domain::AnyData::ObjectJob(job) => Some(*job),
        _ => None,
    });
    Ok(jobs.collect())
}

/// Whether a job can be the order's: what it does, for which product, and not from before the order left.
fn fits(order: &Order, job: &ObjectJob) -> bool {
    let action = order.order.task.strip_prefix("certificate-").unwrap_or_default();
    let Some(inner) = &job.job else { return false };
    let same = |said: Option<&str>, ours: Option<&str>| match (said, ours) {
        (Some(said), Some(ours)) => said.eq_ignore_ascii_case(ours),
        _ => true,
    };
    let name = job.object.as_ref().and_then(|object| object.value.as_deref());
    let created = inner.created.as_ref().and_then(|said| said.value()?.unix_seconds());
    same(inner.action.as_deref(), Some(action))
        && same(inner.sub_type.as_deref(), order.order.product.as_deref())
        && same(name, order.order.name.as_deref())
        && created.is_none_or(|created| created >= order.created / 1000 - CLOCKS)
}
