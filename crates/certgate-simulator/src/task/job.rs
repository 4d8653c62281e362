//! What the tasks about jobs have in common.

use certgate_domain::{
    AnyData, CertAuthenticationStatus, Certificate, ObjectData, ObjectJob, Query, Response,
    words::{AuthMethod, AuthenticateStatus, AuthenticationStep, JobStatus, StatusType},
};

use crate::{
    Protocol,
    list::select,
    order::{Action, Order},
    task::certificate_prepare_order::dns_record,
    world::{World, answer, listed, message, object, refusal, time},
};

/// `EF300101`.
pub(super) fn gone(code: &str, id: Option<i64>) -> Response<AnyData> {
    let id = id.map(|id| id.to_string()).unwrap_or_default();
    refusal(&format!("E{code}"), message("EF300101", "The job was not found.", "job", &id))
}

pub(super) fn is_over(order: &Order) -> bool {
    !matches!(order.job.status, Some(JobStatus::Running))
}

/// A job with all that belongs to it; while it runs, how its names are validated too.
pub(super) fn whole(world: &World, order: &Order) -> ObjectJob {
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

/// The jobs that a query asks for, of those given.
pub(super) fn list<'w>(
    world: &'w World,
    code: &str,
    orders: impl Iterator<Item = &'w Order>,
    query: &Query,
) -> Response<AnyData> {
    let keys = ["execution", "subStatus", "type", "created", "id", "updated", "status", "object", "action"];
    let value = |order: &Order, key: &str| match key {
        "execution" => time(&order.job.execution),
        "subStatus" => order.job.sub_status.clone(),
        "type" => order.job.r#type.clone(),
        "created" => time(&order.job.created),
        "id" => order.job.id.map(|id| id.to_string()),
        "updated" => time(&order.job.updated),
        "status" => order.job.status.as_ref().map(ToString::to_string),
        "object" => order.ordered.name.clone(),
        "action" => order.job.action.clone(),
        _ => None,
    };
    let (total, rows) = match select(orders, query, &keys, value) {
        Ok(found) => found,
        Err(reason) => return refusal(&format!("E{code}"), reason),
    };
    let mut answer = answer(&format!("S{code}"), "The jobs were inquired successfully.", StatusType::Success);
    answer.object = listed("job", total);
    answer.data = rows.into_iter().map(|order| whole(world, order).into()).collect();
    answer
}

/// Something done to a job that still runs.
pub(super) fn done(world: &World, code: &str, id: Option<i64>, text: &str) -> Response<AnyData> {
    let Some(order) = id.and_then(|id| world.jobs.get(&id)).filter(|order| !is_over(order)) else {
        return gone(code, id);
    };
    let mut answer = answer(&format!("S{code}"), text, StatusType::Success);
    answer.object = object("job", order.job.id.map(|id| id.to_string()).as_deref());
    answer
}
