//! The world in a file: its records in the JSON API's shape, as the codec writes them, secrets included.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use certgate_domain::{AnyData, Certificate, Data, PollMessage, SslContact, TaskKind, Zone, words::StatusType};
use certgate_json::JsonCodec;
use certgate_wire::{Codec, FindingKind, Reply};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Settings,
    issue::Authority,
    order::Order,
    tracked::Tracked,
    world::{World, answer},
};

/// The only form so far.
const SCHEMA: u64 = 1;

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

/// What the file holds. Sessions are not in it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    schema: u64,
    authority: Pems,
    next: Next,
    certificates: Vec<Value>,
    contacts: Vec<Value>,
    /// States of before there were zones have none.
    #[serde(default)]
    zones: Vec<Value>,
    /// Each as a message about its job.
    orders: Vec<Value>,
    messages: Vec<Value>,
}

/// The certification authority, each part as PEM.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pems {
    root: String,
    intermediate: String,
    key: String,
}

/// The numbers given out next.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Next {
    stid: u64,
    job: i64,
    message: i64,
}

/// The state in a file; `None` where there is no file.
pub(crate) fn read(file: &Path) -> Result<Option<State>, StateError> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(why.into()),
    };
    let damaged = |why: serde_json::Error| StateError::Damaged(why.to_string());
    let value: Value = serde_json::from_slice(&bytes).map_err(damaged)?;
    match value.get("schema").and_then(Value::as_u64) {
        Some(SCHEMA) => serde_json::from_value(value).map(Some).map_err(damaged),
        Some(newer) if newer > SCHEMA => Err(StateError::Newer(newer)),
        _ => Err(StateError::Damaged(format!("expected \"schema\": {SCHEMA}"))),
    }
}

/// Writes the world: whole, synced, and readable by its owner only, before it takes the place of the earlier one.
pub(crate) fn write(file: &Path, world: &World) -> Result<(), StateError> {
    let text = serde_json::to_string_pretty(&State::of(world)).map_err(io::Error::other)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside = tempfile::Builder::new().prefix(".certgate-").tempfile_in(folder)?;
    beside.write_all(text.as_bytes())?;
    beside.as_file().sync_all()?;
    beside.persist(file).map_err(|why| why.error)?;
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

impl State {
    fn of(world: &World) -> Self {
        let World { certificates, contacts, zones, jobs, queue, authority, next_stid, next_job, next_message, .. } =
            world;
        let message = |message: PollMessage| written(TaskKind::PollInfo, message);
        Self {
            schema: SCHEMA,
            authority: Pems {
                root: authority.root().to_owned(),
                intermediate: authority.intermediate().to_owned(),
                key: authority.key().to_owned(),
            },
            next: Next { stid: *next_stid, job: *next_job, message: *next_message },
            certificates: certificates.values().map(|one| written(TaskKind::CertificateInfo, one.clone())).collect(),
            contacts: contacts.values().map(|one| written(TaskKind::ContactInfo, one.clone())).collect(),
            zones: zones.values().map(|one| written(TaskKind::ZoneInfo, one.clone())).collect(),
            orders: jobs.values().map(|order| message(order.to_message())).collect(),
            messages: queue.iter().cloned().map(message).collect(),
        }
    }

    /// The world again, at a time in seconds since 1970 from which its uptime is counted.
    pub(crate) fn into_world(self, settings: Settings, unix: i64) -> Result<World, StateError> {
        let Self { schema: _, authority: Pems { root, intermediate, key }, next, .. } = self;
        let authority = Authority::of(root, intermediate, key);
        let authority = authority.map_err(|why| StateError::Damaged(format!("authority: {why}")))?;
        let mut world = World::empty(settings, authority);
        (world.next_stid, world.next_job, world.next_message) = (next.stid, next.job, next.message);
        for record in records::<Certificate>("certificates", TaskKind::CertificateInfo, self.certificates) {
            let certificate = record?;
            world.certificates.insert(numbered("certificates", certificate.id)?, certificate);
        }
        for record in records::<SslContact>("contacts", TaskKind::ContactInfo, self.contacts) {
            let contact = record?;
            world.contacts.insert(numbered("contacts", contact.id)?, contact);
        }
        for record in records::<Zone>("zones", TaskKind::ZoneInfo, self.zones) {
            let zone = record?;
            let origin = zone.origin.as_deref().map(str::to_ascii_lowercase);
            let origin = origin.ok_or_else(|| StateError::Damaged("zones: one has no origin".to_owned()))?;
            world.zones.insert(origin, zone);
        }
        for record in records::<PollMessage>("orders", TaskKind::PollInfo, self.orders) {
            let order = Order::of_message(record?, world.settings.job_time, unix);
            let order = order.ok_or_else(|| StateError::Damaged("orders: one is incomplete".to_owned()))?;
            world.jobs.insert(numbered("orders", order.job.id)?, order);
        }
        let queue: Result<_, _> = records("messages", TaskKind::PollInfo, self.messages).collect();
        world.queue = Tracked::new(queue?);
        world.kept();
        Ok(world)
    }
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
