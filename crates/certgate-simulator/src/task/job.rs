//! What the tasks about jobs have in common.

use certgate_domain::{
    AnyData, ObjectJob, Query, Response,
    words::{JobStatus, StatusType},
};

use crate::{
    Protocol,
    list::select,
    order::Order,
    world::{World, answer, listed, message, object, refusal, time},
};

/// The code's family depends on the protocol: 4001xx in XML, 3001xx in JSON.
pub(super) fn code(world: &World, number: &str) -> String {
    let family = if world.protocol == Protocol::Xml { "400" } else { "300" };
    format!("{family}{number}")
}

/// `EF300101`.
pub(super) fn gone(code: &str, id: Option<i64>) -> Response<AnyData> {
    let id = id.map(|id| id.to_string()).unwrap_or_default();
    refusal(&format!("E{code}"), message("EF300101", "The job was not found.", "job", &id))
}

pub(super) fn is_over(order: &Order) -> bool {
    !matches!(order.job.status, Some(JobStatus::Running))
}

pub(super) fn whole(order: &Order) -> ObjectJob {
    let object = object("certificate", order.ordered.name.as_deref());
    ObjectJob { job: Some(order.job.clone()), object, ..ObjectJob::default() }
}

/// The jobs that a query asks for, of those given.
pub(super) fn list<'w>(code: &str, orders: impl Iterator<Item = &'w Order>, query: &Query) -> Response<AnyData> {
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
    answer.data = rows.into_iter().map(|order| whole(order).into()).collect();
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
