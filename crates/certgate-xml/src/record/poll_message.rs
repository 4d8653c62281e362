//! `message`: the affected object hangs inside `job` or `notify`, named after its kind.

use certgate_domain::{Foreign, Job, NotifyMessage, ObjectData, ObjectJob, PollMessage, ResponseObject};
use certgate_wire::DecodeError;

use crate::{
    element::{Element, together},
    out::{Out, is_name},
    record::{
        InData, Record, job,
        object::{read_named, write_named},
    },
};

/// By hand: the affected object hangs inside `job` or `notify`.
impl Record for PollMessage {
    fn read(e: &Element<'_, '_>) -> Result<Self, DecodeError> {
        let mut record = Self {
            id: e.integer(["id"])?,
            owner: e.record(["owner"])?,
            job: None,
            notify: e.record(["notify"])?,
            tmchnotify: together(e.all(["tmchnotify"]).into_iter())?.pop().map(|(_, whole)| whole),
            stid: e.text(["stid"])?,
            ctid: e.text(["ctid"])?,
            messages: e.records(["msg"])?,
            flags: e.text(["flags"])?,
            notice: e.text(["notice"])?,
            created: e.moment(["created"])?,
            object: None,
        };
        if let Some(inner) = e.one(["job"])? {
            inner.read(|inner| read_job(inner, &mut record))?;
        }
        // Derived: no certificate's message is documented in XML; both places are understood.
        if let Some(inner) = e.one(["certificate_job"])? {
            inner.read(|inner| read_certificate_job(inner, &mut record))?;
        }
        Ok(record)
    }

    fn write(&self, out: &mut Out<'_>) {
        let Self { id, owner, job, notify, tmchnotify, stid, ctid, messages, flags, notice, created, object } = self;
        out.integer("id", id);
        out.record("owner", owner);
        if job.is_some() || object.is_some() {
            out.element("job", |out| {
                write_job(out, job.as_ref().unwrap_or(&Job::default()), object.as_ref());
                out.text("stid", stid);
                out.text("ctid", ctid);
            });
        } else {
            out.text("stid", stid);
            out.text("ctid", ctid);
        }
        out.record("notify", notify);
        if let Some(whole) = tmchnotify {
            out.entry("tmchnotify", whole);
        }
        out.records(("msg", "messages"), messages);
        out.text("flags", flags);
        out.text("notice", notice);
        out.moment("created", created);
    }
}

impl InData for PollMessage {
    const ELEMENT: &'static str = "message";
}

impl Record for NotifyMessage {
    fn read(e: &Element<'_, '_>) -> Result<Self, DecodeError> {
        let r#type = e.text(["type"])?;
        let value = e.text(["value"])?;
        let object = match read_affected(e)? {
            Some(affected) => Some(ResponseObject { value, ..affected }),
            None => value.map(|value| ResponseObject { value: Some(value), ..ResponseObject::default() }),
        };
        Ok(Self { r#type, object })
    }

    fn write(&self, out: &mut Out<'_>) {
        let Self { r#type, object } = self;
        out.text("type", r#type);
        let Some(object) = object else { return };
        out.within("object", |out| {
            out.text("value", &object.value);
            write_data(out, object);
            // Without its element nothing else would say what it is about.
            match (element_name(object), &object.r#type, &object.data) {
                (Some(name), _, None) => out.element(&name, |_| {}),
                (None, Some(_), _) => out.lose("type", "this word cannot be an element of XML"),
                _ => {}
            }
        });
    }
}

fn read_job(e: &Element<'_, '_>, record: &mut PollMessage) -> Result<(), DecodeError> {
    // The block's object is about the affected object, so it is read before the status ticks off.
    let named = named_object(e)?;
    let stid = e.text(["stid"])?;
    let ctid = e.text(["ctid"])?;
    record.stid = record.stid.take().or(stid);
    record.ctid = record.ctid.take().or(ctid);
    let read = Job::read(e)?;
    if read != Job::default() {
        record.job = Some(read);
    }
    record.messages.extend(e.records(["msg"])?);
    if let Some(inner) = e.one(["certificate_job"])? {
        inner.read(|inner| read_certificate_job(inner, record))?;
    }
    if let Some(affected) = read_affected(e)? {
        let (kind, value) = named.map(|named| (named.r#type, named.value)).unwrap_or_default();
        // A kind that cannot name an element is said beside it.
        record.object = Some(ResponseObject { r#type: affected.r#type.or(kind), value, ..affected });
    } else if record.object.is_none() {
        record.object = named;
    } else if let (Some(object), Some(named)) = (&mut record.object, named) {
        object.value = object.value.take().or(named.value);
    }
    Ok(())
}

fn named_object(e: &Element<'_, '_>) -> Result<Option<ResponseObject>, DecodeError> {
    match e.one(["status"])? {
        Some(status) if status.has_children() => read_named(&status),
        _ => Ok(None),
    }
}

fn read_certificate_job(e: &Element<'_, '_>, record: &mut PollMessage) -> Result<(), DecodeError> {
    for place in e.all(["job"]).into_iter().chain([*e]) {
        let (stid, ctid) = (place.text(["stid"])?, place.text(["ctid"])?);
        record.stid = record.stid.take().or(stid);
        record.ctid = record.ctid.take().or(ctid);
    }
    let read = ObjectJob::read(e)?;
    record.messages.extend(read.messages);
    if let Some(inner) = read.job {
        let outer = record.job.get_or_insert_default();
        *outer = merged(std::mem::take(outer), inner);
    }
    if let Some(mut object) = read.object {
        object.r#type.get_or_insert_with(|| "certificate".to_owned());
        record.object = Some(object);
    }
    Ok(())
}

/// What the outer job says, and for the rest the inner one.
fn merged(outer: Job, inner: Job) -> Job {
    Job {
        created: outer.created.or(inner.created),
        updated: outer.updated.or(inner.updated),
        owner: outer.owner.or(inner.owner),
        updater: outer.updater.or(inner.updater),
        status: outer.status.or(inner.status),
        status_code: outer.status_code.or(inner.status_code),
        status_text: outer.status_text.or(inner.status_text),
        sub_status: outer.sub_status.or(inner.sub_status),
        execution: outer.execution.or(inner.execution),
        events: if outer.events.is_empty() { inner.events } else { outer.events },
        r#type: outer.r#type.or(inner.r#type),
        sub_type: outer.sub_type.or(inner.sub_type),
        action: outer.action.or(inner.action),
        id: outer.id.or(inner.id),
    }
}

/// What a message is about, and its kind: the name of its element. A certificate is read as one. Objects of other kinds are kept
/// whole, several of them each under its name; text beside them belongs to none and stays unread.
fn read_affected(e: &Element<'_, '_>) -> Result<Option<ResponseObject>, DecodeError> {
    let unread = e.unread();
    let certificate = unread.iter().find(|e| ResponseObject::is_certificate(e.name()) && !e.is_empty());
    if let Some(certificate) = certificate {
        certificate.take();
        let data = certificate.read(Record::read)?.map(ObjectData::Certificate);
        let r#type = Some(certificate.name().to_owned());
        return Ok(Some(ResponseObject { r#type, data, ..ResponseObject::default() }));
    }
    let Some(first) = unread.iter().find(|e| e.has_children()).or(unread.first()) else { return Ok(None) };
    first.take();
    let beside = |e: &&Element<'_, '_>| e.name() == first.name() || (first.has_children() && e.has_children());
    let mut entries = together(unread.iter().filter(beside).copied())?;
    let name = entries.first().map_or_else(|| first.name().to_owned(), |(name, _)| name.clone());
    let data = match entries.len() {
        0 | 1 => entries.pop().map(|(_, value)| value),
        _ => Some(Foreign::Map(entries)),
    };
    let r#type = Some(name).filter(|name| name != UNNAMED);
    Ok(Some(ResponseObject { r#type, data: data.map(ObjectData::Foreign), ..ResponseObject::default() }))
}

/// Writes the affected object, and the job with its status: one word where that says all.
fn write_job(out: &mut Out<'_>, job: &Job, object: Option<&ResponseObject>) {
    if let Some(object) = object {
        out.within("object", |out| write_data(out, object));
    }
    out.within("job", |out| {
        out.integer("job_id", &job.id);
        job::write_facts(out, job);
    });
    let is_named = object.is_some_and(|object| object.r#type.is_some() || object.value.is_some());
    if job.status_code.is_none() && job.status_text.is_none() && !is_named {
        out.word(("status", "job.status"), &job.status);
    } else {
        out.element("status", |out| {
            out.within("job", |out| job::write_state(out, job));
            write_named(out, object);
        });
    }
}

/// The element that an object stands in: its type, unless that is no name or already means something there.
fn element_name(object: &ResponseObject) -> Option<String> {
    object.r#type.as_deref().map(str::to_ascii_lowercase).filter(|kind| can_name(kind))
}

fn can_name(kind: &str) -> bool {
    is_name(kind) && !TAKEN.contains(&kind)
}

/// The element of an object whose type cannot name one.
const UNNAMED: &str = "object";

/// Names inside `job` and `notify` that are not the affected object's.
const TAKEN: [&str; 19] = [
    "action",
    "certificate_job",
    "created",
    "ctid",
    "events",
    "execution",
    "id",
    "job_id",
    "msg",
    "owner",
    "status",
    "stid",
    "sub_status",
    "sub_type",
    "substatus",
    "type",
    "updated",
    "updater",
    "value",
];

fn write_data(out: &mut Out<'_>, object: &ResponseObject) {
    if object.summary.is_some() {
        out.lose("summary", "XML has a summary for the whole answer only");
    }
    let name = element_name(object);
    let name = name.as_deref().unwrap_or(UNNAMED);
    out.within("data", |out| match &object.data {
        Some(ObjectData::Certificate(record)) => out.element("certificate", |out| record.write(out)),
        Some(ObjectData::Foreign(Foreign::Map(entries))) if are_several(name, entries) => {
            entries.iter().for_each(|(name, value)| out.entry(name, value));
        }
        Some(ObjectData::Foreign(foreign)) => out.foreign(name, foreign),
        None => {}
    });
}

/// Whether these entries are several objects, each under its name, and the first one is what the message is about: they stand
/// beside each other in XML. Inside one element they would read back as the same.
fn are_several(first: &str, entries: &[(String, Foreign)]) -> bool {
    let has_children = |value: &Foreign| match value {
        Foreign::Map(entries) => entries.iter().any(|(name, _)| is_name(name)),
        _ => false,
    };
    let stands_alone = |(name, value): &(String, Foreign)| {
        let is_whole = match value {
            Foreign::List(items) => items.iter().all(has_children),
            value => has_children(value),
        };
        can_name(name) && !ResponseObject::is_certificate(name) && is_whole
    };
    entries.len() > 1 && entries.first().is_some_and(|(name, _)| name == first) && entries.iter().all(stands_alone)
}
