//! `job` and `certificate_job`.

use certgate_domain::{Job, NiccomLog, ObjectData, ObjectJob, ResponseObject, WorkflowEvent, words::JobStatus};
use certgate_wire::DecodeError;

use crate::{
    element::Element,
    out::Out,
    record::{authentication, basic_user, certificate, message},
};

/// Reads a job; in poll messages its id is `job_id`, and its status may be a block with a type and a code.
pub(crate) fn read(e: &Element<'_, '_>) -> Result<Job, DecodeError> {
    let (status, status_code, status_text) = read_status(e)?;
    Ok(Job {
        created: e.moment("created")?,
        updated: e.moment("updated")?,
        owner: e.record("owner", basic_user::read)?,
        updater: e.record("updater", basic_user::read)?,
        status,
        status_code,
        status_text,
        sub_status: e.text_of(&["sub_status", "substatus"])?,
        execution: e.moment("execution")?,
        events: e.records("events", read_event)?,
        r#type: e.text("type")?,
        sub_type: e.text("sub_type")?,
        action: e.text("action")?,
        id: e.integer_of(&["job_id", "id"])?,
    })
}

type JobState = (Option<JobStatus>, Option<String>, Option<String>);

fn read_status(e: &Element<'_, '_>) -> Result<JobState, DecodeError> {
    let Some(status) = e.one(&["status"])? else { return Ok((None, None, None)) };
    if !status.has_children() {
        return Ok((status.scalar()?.map(job_status), None, None));
    }
    let r#type = status.text("type")?.map(|word| match word.to_ascii_lowercase().as_str() {
        "success" => JobStatus::Success,
        "error" => JobStatus::Failed,
        "notify" => JobStatus::Running,
        _ => job_status(&word),
    });
    Ok((r#type, status.text("code")?, status.text("text")?))
}

/// The documentation spells one of them wrong, on both protocols.
fn job_status(word: &str) -> JobStatus {
    if word == "DEFFERED" { JobStatus::Deferred } else { JobStatus::from(word) }
}

/// Writes a job with its status as one word.
pub(crate) fn write(out: &mut Out<'_>, record: &Job) {
    out.integer("id", record.id);
    write_facts(out, record);
    match (&record.status_code, &record.status_text) {
        (None, None) => out.text("status", record.status.as_ref().map(|word| word.as_str())),
        _ => out.element("status", |out| write_state(out, record)),
    }
}

/// What stands in the status of a job that is a block.
pub(crate) fn write_state(out: &mut Out<'_>, record: &Job) {
    let r#type = record.status.as_ref().map(|status| match status {
        JobStatus::Success => "success",
        JobStatus::Failed => "error",
        JobStatus::Running => "notify",
        other => other.as_str(),
    });
    out.text_as("code", "statusCode", record.status_code.as_deref());
    out.text_as("text", "statusText", record.status_text.as_deref());
    out.text_as("type", "status", r#type);
}

/// All of a job but its id and status.
pub(crate) fn write_facts(out: &mut Out<'_>, record: &Job) {
    let Job {
        created,
        updated,
        owner,
        updater,
        status: _,
        status_code: _,
        status_text: _,
        sub_status,
        execution,
        events,
        r#type,
        sub_type,
        action,
        id: _,
    } = record;
    out.text("sub_status", sub_status.as_deref());
    out.text("type", r#type.as_deref());
    out.text("sub_type", sub_type.as_deref());
    out.text("action", action.as_deref());
    out.moment("created", created.as_ref());
    out.moment("updated", updated.as_ref());
    out.moment("execution", execution.as_ref());
    out.record("owner", owner.as_ref(), basic_user::write);
    out.record("updater", updater.as_ref(), basic_user::write);
    out.records("events", events, write_event);
}

fn read_event(e: &Element<'_, '_>) -> Result<WorkflowEvent, DecodeError> {
    Ok(WorkflowEvent {
        job_id: e.integer("job_id")?,
        vertex: e.integer("vertex")?,
        ctid: e.text("ctid")?,
        object: e.text("object")?,
        r#type: e.text("type")?,
        subtype: e.text("subtype")?,
    })
}

fn write_event(out: &mut Out<'_>, record: &WorkflowEvent) {
    let WorkflowEvent { job_id, vertex, ctid, object, r#type, subtype } = record;
    out.integer("job_id", *job_id);
    out.integer("vertex", *vertex);
    out.text("ctid", ctid.as_deref());
    out.text("object", object.as_deref());
    out.text("type", r#type.as_deref());
    out.text("subtype", subtype.as_deref());
}

/// The id of the job that a task is about. The request's shape is not documented, so it is understood in any of the places the
/// names suggest.
pub(crate) fn read_id(task: &Element<'_, '_>) -> Result<Option<i64>, DecodeError> {
    let in_job = |e: &Element<'_, '_>| Ok(e.record("job", |e| e.integer("id"))?.flatten());
    let (outer, inner) = task.record("certificate_job", |e| Ok((e.integer("id")?, in_job(e)?)))?.unwrap_or_default();
    let mut found = [outer, inner, in_job(task)?].into_iter().flatten();
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(task.refuse("a second id of the job", "one only")),
        (id, None) => Ok(id),
    }
}

pub(crate) fn write_id(out: &mut Out<'_>, id: Option<i64>) {
    out.element("certificate_job", |out| out.element("job", |out| out.integer("id", id)));
}

/// The jobs of accepted orders.
pub(crate) fn read_accepted(data: &Element<'_, '_>) -> Result<Vec<Job>, DecodeError> {
    let mut jobs = data.records("job", read)?;
    for e in data.all(&["certificate_job"]) {
        e.check_record()?;
        jobs.extend(e.records("job", read)?);
    }
    Ok(jobs)
}

/// The jobs of an inquiry, in their wrapper or bare.
pub(crate) fn read_object_jobs(data: &Element<'_, '_>) -> Result<Vec<ObjectJob>, DecodeError> {
    let mut jobs = data.records("certificate_job", read_object_job)?;
    let bare = data.records("job", read)?;
    jobs.extend(bare.into_iter().map(|job| ObjectJob { job: Some(job), ..ObjectJob::default() }));
    Ok(jobs)
}

/// Reads a `certificate_job`: the job with all that belongs to it.
pub(crate) fn read_object_job(e: &Element<'_, '_>) -> Result<ObjectJob, DecodeError> {
    let inner = e.one(&["job"])?;
    let mut name = None;
    let mut messages = Vec::new();
    let job = match inner {
        Some(inner) => inner.read(|inner| {
            name = inner.text("object")?;
            for e in inner.all(&["messages"]) {
                messages.extend(e.records("msg", message::read)?);
            }
            messages.extend(inner.records("msg", message::read)?);
            read(inner)
        })?,
        None => None,
    };
    // It may stand there for the object's name or the messages alone.
    let job = job.filter(|job| *job != Job::default());
    messages.extend(e.records("msg", message::read)?);
    let mut object = e.record("object", |e| {
        Ok(ResponseObject {
            r#type: e.text("type")?,
            value: e.text("value")?,
            summary: e.integer("summary")?,
            data: None,
        })
    })?;
    if let Some(name) = name {
        object.get_or_insert_default().value.get_or_insert(name);
    }
    if let Some(record) = e.record("certificate", certificate::read)? {
        object.get_or_insert_default().data = Some(ObjectData::Certificate(Box::new(record)));
    }
    Ok(ObjectJob {
        job,
        object,
        niccom_logs: e.records("niccom_logs", read_log)?,
        authentication: e.records("authentication", authentication::read_step)?,
        dcv_auth: e.records("dcv_auth", authentication::read_validation)?,
        notices: e.texts("notices")?,
        messages,
    })
}

pub(crate) fn write_object_job(out: &mut Out<'_>, record: &ObjectJob) {
    let ObjectJob { job, object, niccom_logs, authentication, dcv_auth, notices, messages } = record;
    let name = object.as_ref().and_then(|object| object.value.as_deref());
    if job.is_some() || name.is_some() || !messages.is_empty() {
        out.element("job", |out| {
            if let Some(job) = job {
                out.within("job", |out| write(out, job));
            }
            out.text_as("object", "object.value", name);
            out.records("msg", messages, message::write);
        });
    }
    if let Some(ResponseObject { r#type, value: _, summary, data }) = object {
        out.within("object", |out| {
            if r#type.is_some() || summary.is_some() {
                out.element("object", |out| {
                    out.text("type", r#type.as_deref());
                    out.integer("summary", *summary);
                });
            }
            match data {
                Some(ObjectData::Certificate(record)) => {
                    out.within("data", |out| out.element("certificate", |out| certificate::write(out, record)));
                }
                Some(ObjectData::Foreign(_)) => out.lose("data", "a certificate_job has no place for it"),
                None => {}
            }
        });
    }
    out.records("authentication", authentication, authentication::write_step);
    out.records("dcv_auth", dcv_auth, authentication::write_validation);
    out.records("niccom_logs", niccom_logs, write_log);
    out.texts("notices", notices);
}

fn read_log(e: &Element<'_, '_>) -> Result<NiccomLog, DecodeError> {
    Ok(NiccomLog {
        job_id: e.integer("job_id")?,
        vertex_id: e.integer("vertex_id")?,
        name: e.text("name")?,
        task: e.text("task")?,
        nic_transaction_id: e.text("nic_transaction_id")?,
        source: e.word("source")?,
        text: e.text("text")?,
        created: e.integer("created")?,
    })
}

fn write_log(out: &mut Out<'_>, record: &NiccomLog) {
    let NiccomLog { job_id, vertex_id, name, task, nic_transaction_id, source, text, created } = record;
    out.integer("job_id", *job_id);
    out.integer("vertex_id", *vertex_id);
    out.text("name", name.as_deref());
    out.text("task", task.as_deref());
    out.text("nic_transaction_id", nic_transaction_id.as_deref());
    out.text("source", source.as_ref().map(|word| word.as_str()));
    out.text("text", text.as_deref());
    out.integer("created", *created);
}
