//! `job` and `certificate_job`.

use certgate_domain::{Job, NiccomLog, ObjectData, ObjectJob, ResponseObject, WorkflowEvent, words::JobStatus};
use certgate_wire::DecodeError;

use crate::{
    element::Element,
    out::Out,
    record::{InData, Record, record},
};

/// By hand: in poll messages its id is `job_id`, and its status may be a block with a type and a code.
impl Record for Job {
    fn read(e: &Element<'_, '_>) -> Result<Self, DecodeError> {
        let (status, status_code, status_text) = read_status(e)?;
        Ok(Self {
            created: e.moment(["created"])?,
            updated: e.moment(["updated"])?,
            owner: e.record(["owner"])?,
            updater: e.record(["updater"])?,
            status,
            status_code,
            status_text,
            sub_status: e.text(["sub_status", "substatus"])?,
            execution: e.moment(["execution"])?,
            events: e.records(["events"])?,
            r#type: e.text(["type"])?,
            sub_type: e.text(["sub_type"])?,
            action: e.text(["action"])?,
            id: e.integer(["job_id", "id"])?,
        })
    }

    /// Writes its status as one word, where that says all.
    fn write(&self, out: &mut Out<'_>) {
        out.integer("id", &self.id);
        write_facts(out, self);
        match (&self.status_code, &self.status_text) {
            (None, None) => out.word("status", &self.status),
            _ => out.element("status", |out| write_state(out, self)),
        }
    }
}

type JobState = (Option<JobStatus>, Option<String>, Option<String>);

fn read_status(e: &Element<'_, '_>) -> Result<JobState, DecodeError> {
    let Some(status) = e.one(["status"])? else { return Ok((None, None, None)) };
    if !status.has_children() {
        return Ok((status.scalar()?.map(job_status), None, None));
    }
    let r#type = status.text(["type"])?.map(|word| match word.to_ascii_lowercase().as_str() {
        "success" => JobStatus::Success,
        "error" => JobStatus::Failed,
        "notify" => JobStatus::Running,
        _ => job_status(&word),
    });
    Ok((r#type, status.text(["code"])?, status.text(["text"])?))
}

/// The documentation spells one of them wrong, on both protocols.
fn job_status(word: &str) -> JobStatus {
    if word == "DEFFERED" { JobStatus::Deferred } else { JobStatus::from(word) }
}

/// What stands in the status of a job that is a block.
pub(crate) fn write_state(out: &mut Out<'_>, record: &Job) {
    let r#type = record.status.as_ref().map(|status| match status {
        JobStatus::Success => "success",
        JobStatus::Failed => "error",
        JobStatus::Running => "notify",
        other => other.as_str(),
    });
    out.text(("code", "status_code"), &record.status_code);
    out.text(("text", "status_text"), &record.status_text);
    out.text(("type", "status"), &r#type);
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
    out.text("sub_status", sub_status);
    out.text("type", r#type);
    out.text("sub_type", sub_type);
    out.text("action", action);
    out.moment("created", created);
    out.moment("updated", updated);
    out.moment("execution", execution);
    out.record("owner", owner);
    out.record("updater", updater);
    out.records("events", events);
}

record! {
    WorkflowEvent {
        job_id: integer("job_id"),
        vertex: integer("vertex"),
        ctid: text("ctid"),
        object: text("object"),
        r#type: text("type"),
        subtype: text("subtype"),
    }
}

/// The id of the job that a task is about. The request's shape is not documented, so it is understood in any of the places the
/// names suggest.
pub(crate) fn read_id(task: &Element<'_, '_>) -> Result<Option<i64>, DecodeError> {
    let in_job = |e: &Element<'_, '_>| Ok(e.block(["job"], |e| e.integer(["id"]))?.flatten());
    let (outer, inner) = task.block(["certificate_job"], |e| Ok((e.integer(["id"])?, in_job(e)?)))?.unwrap_or_default();
    let mut found = [outer, inner, in_job(task)?].into_iter().flatten();
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(task.refuse("a second id of the job", "one only")),
        (id, None) => Ok(id),
    }
}

pub(crate) fn write_id(out: &mut Out<'_>, id: &Option<i64>) {
    out.element("certificate_job", |out| out.element("job", |out| out.integer("id", id)));
}

/// The jobs of accepted orders, in their wrapper or bare.
impl InData for Job {
    const ELEMENT: &'static str = "certificate_job";

    fn read_all(data: &Element<'_, '_>) -> Result<Vec<Self>, DecodeError> {
        let mut jobs = data.records(["job"])?;
        for e in data.all([Self::ELEMENT]) {
            e.check_record()?;
            jobs.extend(e.records(["job"])?);
        }
        Ok(jobs)
    }

    fn write_into(&self, out: &mut Out<'_>) {
        out.element(Self::ELEMENT, |out| out.element("job", |out| self.write(out)));
    }
}

/// The jobs of an inquiry, in their wrapper or bare.
impl InData for ObjectJob {
    const ELEMENT: &'static str = "certificate_job";

    fn read_all(data: &Element<'_, '_>) -> Result<Vec<Self>, DecodeError> {
        let mut jobs: Vec<Self> = data.records([Self::ELEMENT])?;
        let bare = data.records(["job"])?;
        jobs.extend(bare.into_iter().map(|job| Self { job: Some(job), ..Self::default() }));
        Ok(jobs)
    }
}

/// By hand: a `certificate_job` is the job with all that belongs to it.
impl Record for ObjectJob {
    fn read(e: &Element<'_, '_>) -> Result<Self, DecodeError> {
        let inner = e.one(["job"])?;
        let mut name = None;
        let mut messages = Vec::new();
        let job = match inner {
            Some(inner) => inner.read(|inner| {
                name = inner.text(["object"])?;
                for e in inner.all(["messages"]) {
                    messages.extend(e.records(["msg"])?);
                }
                messages.extend(inner.records(["msg"])?);
                Job::read(inner)
            })?,
            None => None,
        };
        // It may stand there for the object's name or the messages alone.
        let job = job.filter(|job| *job != Job::default());
        messages.extend(e.records(["msg"])?);
        let mut object = e.block(["object"], |e| {
            Ok(ResponseObject {
                r#type: e.text(["type"])?,
                value: e.text(["value"])?,
                summary: e.integer(["summary"])?,
                data: None,
            })
        })?;
        if let Some(name) = name {
            object.get_or_insert_default().value.get_or_insert(name);
        }
        if let Some(record) = e.record(["certificate"])? {
            object.get_or_insert_default().data = Some(ObjectData::Certificate(record));
        }
        Ok(Self {
            job,
            object,
            niccom_logs: e.records(["niccom_logs"])?,
            authentication: e.records(["authentication"])?,
            dcv_auth: e.records(["dcv_auth"])?,
            notices: e.texts(["notices"])?,
            messages,
        })
    }

    fn write(&self, out: &mut Out<'_>) {
        let Self { job, object, niccom_logs, authentication, dcv_auth, notices, messages } = self;
        let name = object.as_ref().and_then(|object| object.value.as_deref());
        if job.is_some() || name.is_some() || !messages.is_empty() {
            out.element("job", |out| {
                if let Some(job) = job {
                    out.within("job", |out| job.write(out));
                }
                out.text(("object", "object.value"), &name);
                out.records(("msg", "messages"), messages);
            });
        }
        if let Some(ResponseObject { r#type, value: _, summary, data }) = object {
            out.within("object", |out| {
                if r#type.is_some() || summary.is_some() {
                    out.element("object", |out| {
                        out.text("type", r#type);
                        out.integer("summary", summary);
                    });
                }
                match data {
                    Some(ObjectData::Certificate(record)) => {
                        out.block(("certificate", "data"), |out| record.write(out));
                    }
                    Some(ObjectData::Foreign(_)) => out.lose("data", "a certificate_job has no place for it"),
                    None => {}
                }
            });
        }
        out.records("authentication", authentication);
        out.records("dcv_auth", dcv_auth);
        out.records("niccom_logs", niccom_logs);
        out.texts("notices", notices);
    }
}

record! {
    NiccomLog {
        job_id: integer("job_id"),
        vertex_id: integer("vertex_id"),
        name: text("name"),
        task: text("task"),
        nic_transaction_id: text("nic_transaction_id"),
        source: word("source"),
        text: text("text"),
        created: integer("created"),
    }
}
