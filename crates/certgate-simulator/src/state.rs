//! The world in a file: a line for the certification authority, then a line for each change, the first of them the whole world as it
//! was. Records have the JSON API's shape, as the codec writes them, secrets included.
//!
//! A change is appended before its answer leaves, so that it outlives the process whatever ends it. What is left of a line that was
//! not written to its end is passed over. When the changes have grown longer than the world, the file is written anew.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use certgate_domain::{AnyData, Certificate, Data, PollMessage, SslContact, TaskKind, Zone, words::StatusType};
use certgate_json::JsonCodec;
use certgate_wire::{Codec, FindingKind, Reply};
use serde::{Deserialize, Serialize};
use serde_json::{Deserializer, Value, json};

use crate::{
    Settings,
    issue::Authority,
    order::Order,
    world::{World, answer},
};

/// The form that is written.
const SCHEMA: u64 = 2;
/// The form that is read as well: one document, the whole world.
const ONE_DOCUMENT: u64 = 1;
/// The file is written anew when its changes are longer than twice the world that they began with, and so many bytes.
const SLACK: u64 = 1 << 20;

/// Why a state cannot be used. The file stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It cannot be read or written.
    #[error("{0}")]
    File(#[from] io::Error),
    /// It is no state, or a damaged one.
    #[error("it is no state of a simulator, or damaged: {0}; move it away to begin anew")]
    Damaged(String),
    /// It has a form of later versions.
    #[error("its schema is {0}, and this certgate knows {SCHEMA}: a newer one wrote it")]
    Newer(u64),
}

/// The file that a world is kept in.
pub(crate) struct StateFile {
    path: PathBuf,
    /// Its length in bytes; `None` if it is to be written whole.
    length: Option<u64>,
    /// Its length when it was written whole.
    whole: u64,
}

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    schema: u64,
    authority: Pems,
}

/// The certification authority, each part as PEM.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pems {
    root: String,
    intermediate: String,
    key: String,
}

/// A further line: the rows that were added or changed, and those that were removed. Sessions are not among them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    next: Next,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    certificates: Vec<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    zones: Vec<Value>,
    /// Each as a message about its job.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    orders: Vec<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    messages: Vec<Value>,
    #[serde(default)]
    removed: Removed,
}

/// The numbers given out next.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Next {
    stid: u64,
    job: i64,
    message: i64,
}

/// Ids of rows; names of zones. No order is ever removed.
#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Removed {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    certificates: Vec<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    zones: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<i64>,
}

impl StateFile {
    /// The file and the world in it, at a time in seconds since 1970 from which its uptime is counted; no world where there is no file.
    pub(crate) fn read(path: &Path, settings: &Settings, unix: i64) -> Result<(Self, Option<World>), StateError> {
        let mut file = Self { path: path.to_owned(), length: None, whole: 0 };
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok((file, None)),
            Err(why) => return Err(why.into()),
        };
        let mut documents = Deserializer::from_slice(&bytes).into_iter::<Value>();
        let first = documents.next().unwrap_or_else(|| serde_json::from_slice(&bytes)).map_err(damaged)?;
        let rest = bytes.get(documents.byte_offset()..).unwrap_or_default();
        let world = match first.get("schema").and_then(Value::as_u64) {
            Some(SCHEMA) => {
                let complete = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                if complete == rest.len() {
                    file.length = u64::try_from(bytes.len()).ok();
                }
                let world = changed(first, rest.get(..complete).unwrap_or_default(), settings, unix)?;
                file.whole = whole_length(&bytes);
                world
            }
            Some(ONE_DOCUMENT) if rest.iter().all(u8::is_ascii_whitespace) => of_one_document(first, settings, unix)?,
            Some(newer) if newer > SCHEMA => return Err(StateError::Newer(newer)),
            _ => return Err(StateError::Damaged(format!("expected \"schema\": {SCHEMA} at its beginning"))),
        };
        Ok((file, Some(world)))
    }

    /// Writes down what was changed since the last time.
    pub(crate) fn keep(&mut self, world: &mut World) -> Result<(), StateError> {
        if self.length.is_some() && !world.is_changed() {
            return Ok(());
        }
        // What is written whole needs no line of its changes.
        let is_appended = self.length.is_some() && self.append(&line(&Change::of(world))?)?;
        if !is_appended {
            self.write(world)?;
        }
        world.kept();
        Ok(())
    }

    /// Appends a line; not where the file is another than the one that was last written, or has grown too long.
    fn append(&mut self, line: &[u8]) -> Result<bool, StateError> {
        let added = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let Some(length) = self.length.filter(|length| length + added <= 3 * self.whole + SLACK) else {
            return Ok(false);
        };
        let mut file = match OpenOptions::new().append(true).open(&self.path) {
            Ok(file) => file,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(why) => return Err(why.into()),
        };
        // After a write that failed there may be half a line.
        if file.metadata()?.len() != length {
            return Ok(false);
        }
        file.write_all(line)?;
        self.length = Some(length + added);
        Ok(true)
    }

    /// Writes the world: whole, synced, and readable by its owner only, before it takes the place of the earlier one.
    fn write(&mut self, world: &World) -> Result<(), StateError> {
        let authority = Pems {
            root: world.authority.root().to_owned(),
            intermediate: world.authority.intermediate().to_owned(),
            key: world.authority.key().to_owned(),
        };
        let mut bytes = line(&Head { schema: SCHEMA, authority })?;
        bytes.extend(line(&Change::of_all(world))?);
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // An error of tempfile's own names a file that nobody knows.
        let beside = tempfile::Builder::new().prefix(".certgate-").tempfile_in(folder);
        let mut beside = beside.map_err(|why| io::Error::from(why.kind()))?;
        beside.write_all(&bytes)?;
        beside.as_file().sync_all()?;
        beside.persist(&self.path).map_err(|why| why.error)?;
        if cfg!(unix) {
            File::open(folder)?.sync_all()?;
        }
        self.whole = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.length = Some(self.whole);
        Ok(())
    }
}

impl Change {
    /// What was changed since the world was last kept.
    fn of(world: &World) -> Self {
        let World { certificates, contacts, zones, jobs, queue, .. } = world;
        Self {
            removed: Removed {
                certificates: certificates.removed().copied().collect(),
                contacts: contacts.removed().copied().collect(),
                zones: zones.removed().cloned().collect(),
                messages: queue.removed().copied().collect(),
            },
            ..Self::with(
                world,
                certificates.written(),
                contacts.written(),
                zones.written(),
                jobs.written(),
                queue.written(),
            )
        }
    }

    /// The whole world.
    fn of_all(world: &World) -> Self {
        let World { certificates, contacts, zones, jobs, queue, .. } = world;
        Self::with(world, certificates.values(), contacts.values(), zones.values(), jobs.values(), queue.values())
    }

    fn with<'w>(
        world: &World,
        certificates: impl Iterator<Item = &'w Certificate>,
        contacts: impl Iterator<Item = &'w SslContact>,
        zones: impl Iterator<Item = &'w Zone>,
        orders: impl Iterator<Item = &'w Order>,
        messages: impl Iterator<Item = &'w PollMessage>,
    ) -> Self {
        Self {
            next: Next { stid: world.next_stid, job: world.next_job, message: world.next_message },
            certificates: certificates.map(|one| written(TaskKind::CertificateInfo, one.clone())).collect(),
            contacts: contacts.map(|one| written(TaskKind::ContactInfo, one.clone())).collect(),
            zones: zones.map(|one| written(TaskKind::ZoneInfo, one.clone())).collect(),
            orders: orders.map(|order| written(TaskKind::PollInfo, order.to_message())).collect(),
            messages: messages.map(|one| written(TaskKind::PollInfo, one.clone())).collect(),
            removed: Removed::default(),
        }
    }

    fn apply(self, world: &mut World, unix: i64) -> Result<(), StateError> {
        let Self { next, certificates, contacts, zones, orders, messages, removed } = self;
        (world.next_stid, world.next_job, world.next_message) = (next.stid, next.job, next.message);
        for record in records::<Certificate>("certificates", TaskKind::CertificateInfo, certificates) {
            let certificate = record?;
            world.certificates.insert(numbered("certificates", certificate.id)?, certificate);
        }
        for record in records::<SslContact>("contacts", TaskKind::ContactInfo, contacts) {
            let contact = record?;
            world.contacts.insert(numbered("contacts", contact.id)?, contact);
        }
        for record in records::<Zone>("zones", TaskKind::ZoneInfo, zones) {
            let zone = record?;
            let origin = zone.origin.as_deref().map(str::to_ascii_lowercase);
            let origin = origin.ok_or_else(|| StateError::Damaged("zones: one has no origin".to_owned()))?;
            world.zones.insert(origin, zone);
        }
        for record in records::<PollMessage>("orders", TaskKind::PollInfo, orders) {
            let order = Order::of_message(record?, world.settings.job_time, unix);
            let order = order.ok_or_else(|| StateError::Damaged("orders: one is incomplete".to_owned()))?;
            world.jobs.insert(numbered("orders", order.job.id)?, order);
        }
        for record in records::<PollMessage>("messages", TaskKind::PollInfo, messages) {
            let message = record?;
            world.queue.insert(numbered("messages", message.id)?, message);
        }
        removed.certificates.iter().for_each(|id| drop(world.certificates.remove(id)));
        removed.contacts.iter().for_each(|id| drop(world.contacts.remove(id)));
        removed.zones.iter().for_each(|origin| drop(world.zones.remove(origin)));
        removed.messages.iter().for_each(|id| drop(world.queue.remove(id)));
        Ok(())
    }
}

fn damaged(why: serde_json::Error) -> StateError {
    StateError::Damaged(why.to_string())
}

fn line(value: &impl Serialize) -> Result<Vec<u8>, StateError> {
    let mut line = serde_json::to_vec(value).map_err(io::Error::other)?;
    line.push(b'\n');
    Ok(line)
}

/// How much of a file is its first two lines.
fn whole_length(bytes: &[u8]) -> u64 {
    let length = bytes.split_inclusive(|byte| *byte == b'\n').take(2).map(<[u8]>::len).sum::<usize>();
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn empty(authority: Pems, settings: &Settings) -> Result<World, StateError> {
    let Pems { root, intermediate, key } = authority;
    let authority = Authority::of(root, intermediate, key);
    let authority = authority.map_err(|why| StateError::Damaged(format!("authority: {why}")))?;
    Ok(World::empty(settings.clone(), authority))
}

/// The world of a first line and the changes after it.
fn changed(head: Value, lines: &[u8], settings: &Settings, unix: i64) -> Result<World, StateError> {
    let head: Head = serde_json::from_value(head).map_err(damaged)?;
    let mut world = empty(head.authority, settings)?;
    let mut lines = (1..).zip(lines.split(|byte| *byte == b'\n')).filter(|(_, line)| !line.is_empty()).peekable();
    if lines.peek().is_none() {
        return Err(StateError::Damaged("EOF: its second line, the world, is not there".to_owned()));
    }
    for (number, line) in lines {
        let change = serde_json::from_slice::<Change>(line).map_err(damaged);
        change.and_then(|change| change.apply(&mut world, unix)).map_err(|why| match why {
            StateError::Damaged(why) => StateError::Damaged(format!("line {number}: {why}")),
            other => other,
        })?;
    }
    world.kept();
    Ok(world)
}

/// The world of the earlier form.
fn of_one_document(mut document: Value, settings: &Settings, unix: i64) -> Result<World, StateError> {
    for name in ["certificates", "contacts", "orders", "messages"] {
        if document.get(name).is_none() {
            return Err(StateError::Damaged(format!("missing field `{name}`")));
        }
    }
    let members = document.as_object_mut().ok_or_else(|| StateError::Damaged("it is no object".to_owned()))?;
    members.remove("schema");
    let authority = members.remove("authority").unwrap_or_default();
    let mut world = empty(serde_json::from_value(authority).map_err(damaged)?, settings)?;
    serde_json::from_value::<Change>(document).map_err(damaged)?.apply(&mut world, unix)?;
    world.kept();
    Ok(world)
}

/// A record as the data of an answer to that task.
fn written(kind: TaskKind, record: impl Into<AnyData>) -> Value {
    let mut answer = answer("S0", "", StatusType::Success);
    answer.data.push(record.into());
    let body = JsonCodec::default().encode_responses(&[(kind, answer)]).payload.body;
    let mut body: Value = serde_json::from_slice(&body).unwrap_or_default();
    body.pointer_mut("/data/0").map(Value::take).unwrap_or_default()
}

fn records<T: Data>(name: &str, kind: TaskKind, records: Vec<Value>) -> impl Iterator<Item = Result<T, StateError>> {
    records.into_iter().enumerate().map(move |(index, record)| {
        let damaged = |why: String| StateError::Damaged(format!("{name}[{index}]: {why}"));
        let body = json!({ "status": { "code": "S0", "type": "SUCCESS" }, "data": [record] }).to_string();
        let answer = JsonCodec::default().decode_response(kind, &Reply::of(body));
        let answer = answer.map_err(|why| damaged(why.to_string()))?;
        // What is not understood would be gone with the next change.
        if let Some(unknown) = answer.findings.iter().find(|finding| finding.kind == FindingKind::Unknown) {
            return Err(damaged(unknown.path.clone()));
        }
        let record = answer.value.data.into_iter().next().and_then(T::from_any);
        record.ok_or_else(|| damaged("it is empty".to_owned()))
    })
}

fn numbered(name: &str, id: Option<i64>) -> Result<i64, StateError> {
    id.ok_or_else(|| StateError::Damaged(format!("{name}: one has no id")))
}
