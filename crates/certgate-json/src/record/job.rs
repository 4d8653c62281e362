//! Jobs: orders that the gateway works on.

use certgate_domain::{Job, NiccomLog, ObjectJob, WorkflowEvent, words::JobStatus};
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    object::Object,
    record::{authentication, basic_user, message, object as response_object},
    value::Value,
};

pub(crate) fn read(object: &Object<'_, '_>) -> Result<Job, DecodeError> {
    let record = Job {
        created: object.moment("created")?,
        updated: object.moment("updated")?,
        owner: object.record("owner", basic_user::read)?,
        updater: object.record("updater", basic_user::read)?,
        status: read_status(object)?,
        status_code: object.text("statusCode")?,
        status_text: object.text("statusText")?,
        sub_status: object.either(&["subStatus", "substatus"])?.map(Value::text).transpose()?,
        execution: object.moment("execution")?,
        events: object.records("events", read_event)?,
        r#type: object.text("type")?,
        sub_type: object.text("subType")?,
        action: object.text("action")?,
        id: object.integer("id")?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write(record: &Job, fields: &mut Fields) {
    let Job {
        created,
        updated,
        owner,
        updater,
        status,
        status_code,
        status_text,
        sub_status,
        execution,
        events,
        r#type,
        sub_type,
        action,
        id,
    } = record;
    fields.moment("created", created);
    fields.moment("updated", updated);
    fields.record("owner", owner.as_ref(), basic_user::write);
    fields.record("updater", updater.as_ref(), basic_user::write);
    fields.word("status", status);
    fields.text("statusCode", status_code.as_deref());
    fields.text("statusText", status_text.as_deref());
    fields.text("subStatus", sub_status.as_deref());
    fields.moment("execution", execution);
    fields.records("events", events, write_event);
    fields.text("type", r#type.as_deref());
    fields.text("subType", sub_type.as_deref());
    fields.text("action", action.as_deref());
    fields.integer("id", *id);
}

/// `DEFFERED` stands on the wire in both protocols.
fn read_status(object: &Object<'_, '_>) -> Result<Option<JobStatus>, DecodeError> {
    let word = object.field("status").map(Value::word).transpose()?;
    Ok(word.map(|status| match status {
        JobStatus::Other(word) if word == "DEFFERED" => JobStatus::Deferred,
        status => status,
    }))
}

pub(crate) fn read_event(object: &Object<'_, '_>) -> Result<WorkflowEvent, DecodeError> {
    let record = WorkflowEvent {
        job_id: object.integer("jobId")?,
        vertex: object.integer("vertex")?,
        ctid: object.text("ctid")?,
        object: object.text("object")?,
        r#type: object.text("type")?,
        subtype: object.text("subtype")?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write_event(record: &WorkflowEvent, fields: &mut Fields) {
    let WorkflowEvent { job_id, vertex, ctid, object, r#type, subtype } = record;
    fields.integer("jobId", *job_id);
    fields.integer("vertex", *vertex);
    fields.text("ctid", ctid.as_deref());
    fields.text("object", object.as_deref());
    fields.text("type", r#type.as_deref());
    fields.text("subtype", subtype.as_deref());
}

pub(crate) fn read_whole(object: &Object<'_, '_>) -> Result<ObjectJob, DecodeError> {
    let record = ObjectJob {
        job: object.record("job", read)?,
        object: object.record("object", response_object::read)?,
        niccom_logs: object.records("niccomLogs", read_log)?,
        authentication: object.records("authentication", authentication::read_status)?,
        dcv_auth: object.records("dcvAuth", authentication::read_domain)?,
        notices: object.texts("notices")?,
        messages: object.records("messages", message::read)?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write_whole(record: &ObjectJob, fields: &mut Fields) {
    let ObjectJob { job, object, niccom_logs, authentication, dcv_auth, notices, messages } = record;
    fields.record("job", job.as_ref(), write);
    fields.record("object", object.as_ref(), response_object::write);
    fields.records("niccomLogs", niccom_logs, write_log);
    fields.records("authentication", authentication, authentication::write_status);
    fields.records("dcvAuth", dcv_auth, authentication::write_domain);
    fields.texts("notices", notices);
    fields.records("messages", messages, message::write);
}

pub(crate) fn read_log(object: &Object<'_, '_>) -> Result<NiccomLog, DecodeError> {
    let record = NiccomLog {
        job_id: object.integer("jobId")?,
        vertex_id: object.integer("vertexId")?,
        name: object.text("name")?,
        task: object.text("task")?,
        nic_transaction_id: object.text("nicTransactionId")?,
        source: object.word("source")?,
        text: object.text("text")?,
        created: object.integer("created")?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write_log(record: &NiccomLog, fields: &mut Fields) {
    let NiccomLog { job_id, vertex_id, name, task, nic_transaction_id, source, text, created } = record;
    fields.integer("jobId", *job_id);
    fields.integer("vertexId", *vertex_id);
    fields.text("name", name.as_deref());
    fields.text("task", task.as_deref());
    fields.text("nicTransactionId", nic_transaction_id.as_deref());
    fields.word("source", source);
    fields.text("text", text.as_deref());
    fields.integer("created", *created);
}
