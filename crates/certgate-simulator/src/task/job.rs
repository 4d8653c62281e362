//! The tasks about jobs.

use certgate_domain::{
    AnyData, CertAuthenticationStatus, Certificate, ObjectData, ObjectJob, Response, TaskKind, Verdict, task,
    words::{AuthMethod, AuthenticateStatus, AuthenticationStep, JobStatus, StatusType},
};

use crate::{
    Protocol,
    list::{self, Keys},
    order::{Action, Order},
    task::{Asked, certificate_prepare_order::dns_record},
    world::{World, answer, message, object, refusal, time},
};

const KEYS: &Keys<Order> = &[
    ("execution", |order| time(&order.job.execution)),
    ("subStatus", |order| order.job.sub_status.clone()),
    ("type", |order| order.job.r#type.clone()),
    ("created", |order| time(&order.job.created)),
    ("id", |order| order.job.id.map(|id| id.to_string())),
    ("updated", |order| time(&order.job.updated)),
    ("status", |order| order.job.status.as_ref().map(ToString::to_string)),
    ("object", |order| order.ordered.name.clone()),
    ("action", |order| order.job.action.clone()),
];

pub(super) fn info(world: &mut World, task: &task::JobInfo, _: &Asked<'_>) -> Response<AnyData> {
    let hides = world.protocol == Protocol::Xml && world.settings.finished_jobs_are_gone;
    shown(world, TaskKind::JobInfo, task.id, |order| !(hides && is_over(order)))
}

pub(super) fn history_info(world: &mut World, task: &task::JobHistoryInfo, _: &Asked<'_>) -> Response<AnyData> {
    shown(world, TaskKind::JobHistoryInfo, task.id, is_over)
}

pub(super) fn list(world: &mut World, task: &task::JobList, _: &Asked<'_>) -> Response<AnyData> {
    let code = TaskKind::JobList.status_number(world.protocol);
    list::list(code, "job", world.jobs.values(), &task.query, KEYS, |order| whole(world, order).into())
}

pub(super) fn history_list(world: &mut World, task: &task::JobHistoryList, _: &Asked<'_>) -> Response<AnyData> {
    let code = TaskKind::JobHistoryList.status_number(world.protocol);
    let ended = world.jobs.values().filter(|order| is_over(order));
    list::list(code, "job", ended, &task.query, KEYS, |order| whole(world, order).into())
}

pub(super) fn cancel(world: &mut World, task: &task::JobCancel, asked: &Asked<'_>) -> Response<AnyData> {
    let answer = done(world, TaskKind::JobCancel, task.id, "The job was cancelled successfully.");
    if let (Some(id), Some(Verdict::Done)) = (task.id, answer.verdict()) {
        world.finish(id, JobStatus::Canceled, asked.now);
    }
    answer
}

pub(super) fn confirm(world: &mut World, task: &task::JobConfirm, _: &Asked<'_>) -> Response<AnyData> {
    done(world, TaskKind::JobConfirm, task.id, "The job was confirmed successfully.")
}

pub(super) fn resend_mail(world: &mut World, task: &task::JobResendApproverEmail, _: &Asked<'_>) -> Response<AnyData> {
    done(world, TaskKind::JobResendApproverEmail, task.id, "The mail was sent once more.")
}

pub(super) fn resend_call(
    world: &mut World,
    task: &task::JobResendPhoneAuthorization,
    _: &Asked<'_>,
) -> Response<AnyData> {
    done(world, TaskKind::JobResendPhoneAuthorization, task.id, "The call was ordered once more.")
}

/// `EF300101`.
fn gone(code: &str, id: Option<i64>) -> Response<AnyData> {
    let id = id.map(|id| id.to_string()).unwrap_or_default();
    refusal(&format!("E{code}"), message("EF300101", "The job was not found.", "job", &id))
}

pub(super) fn is_over(order: &Order) -> bool {
    !matches!(order.job.status, Some(JobStatus::Running))
}

/// A job with all that belongs to it; while it runs, how its names are validated too.
fn whole(world: &World, order: &Order) -> ObjectJob {
    let mut object = object("certificate", order.ordered.name.as_deref());
    let mut whole = ObjectJob { job: Some(order.job.clone()), ..ObjectJob::default() };
    if let Some(awaited) = validated(world, order).filter(|_| !is_over(order)) {
        // The word that XML's client waits by is none of the OpenAPI's.
        let status = match world.protocol {
            Protocol::Xml => AuthenticateStatus::Other("WAIT".to_owned()),
            Protocol::Json => AuthenticateStatus::InProgress,
        };
        let (status, step) = (Some(status), Some(AuthenticationStep::DomainVerification));
        whole.authentication.push(CertAuthenticationStatus { status, step, updated: order.job.created.clone() });
        object.get_or_insert_default().data = Some(ObjectData::Certificate(Box::new(awaited)));
    }
    ObjectJob { object, ..whole }
}

/// What is known of the certificate while its order is under way; nothing where none comes of it.
fn validated(world: &World, order: &Order) -> Option<Certificate> {
    let Order { action, job, ordered, .. } = order;
    let existing = ordered.id.and_then(|id| world.certificates.get(&id));
    let name = ordered.name.as_ref().or_else(|| existing?.name.as_ref()).filter(|_| *action != Action::Delete)?;
    let given = ordered.authentication.as_ref().or_else(|| existing?.authentication.as_ref()).cloned();
    let mut authentication = given.unwrap_or_default();
    let method = authentication.method.get_or_insert(AuthMethod::Dns);
    if *method == AuthMethod::Dns {
        let record = || dns_record(name, &format!("{}certgate", job.id.unwrap_or_default()));
        let asked = world.settings.record.clone().or(authentication.dns);
        authentication.dns = Some(asked.unwrap_or_else(record));
    }
    Some(Certificate { name: Some(name.clone()), authentication: Some(authentication), ..Certificate::default() })
}

/// A job of that id, where it is one of those that are shown.
fn shown(world: &World, kind: TaskKind, id: Option<i64>, is_shown: impl Fn(&Order) -> bool) -> Response<AnyData> {
    let code = kind.status_number(world.protocol);
    let Some(order) = id.and_then(|id| world.jobs.get(&id)).filter(|order| is_shown(order)) else {
        return gone(code, id);
    };
    let mut answer = answer(&format!("S{code}"), "The job was inquired successfully.", StatusType::Success);
    answer.object = object("job", order.job.id.map(|id| id.to_string()).as_deref());
    answer.data.push(whole(world, order).into());
    answer
}

/// Something done to a job that still runs.
fn done(world: &World, kind: TaskKind, id: Option<i64>, text: &str) -> Response<AnyData> {
    let code = kind.status_number(world.protocol);
    let Some(order) = id.and_then(|id| world.jobs.get(&id)).filter(|order| !is_over(order)) else {
        return gone(code, id);
    };
    let mut answer = answer(&format!("S{code}"), text, StatusType::Success);
    answer.object = object("job", order.job.id.map(|id| id.to_string()).as_deref());
    answer
}
