//! Which exchange answers a request: by what it asks for, not by its bytes.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use certgate_domain::{Call, Options, Protocol, TaskKind};
use certgate_json::document;
use certgate_wire::{Codec, Reply, Request};
use certgate_x509::CertificateRequest;
use serde_json::{Value, json};

use super::{Entry, Folder, StandIns};
use crate::{TapeError, difference};

/// What a request asks for: protocol, task, value and options. Neither who asks nor the transaction id.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Meaning {
    protocol: Protocol,
    task: TaskKind,
    value: Value,
    ctid: Option<String>,
}

impl Meaning {
    /// Of one of our requests. One that cannot be read means its bytes.
    pub(super) fn of(task: TaskKind, request: &Request, codec: &dyn Codec, stand_ins: StandIns) -> Self {
        let protocol = codec.protocol();
        match codec.decode_requests(Some(task), request).map(|mut calls| calls.pop()) {
            Ok(Some(call)) => {
                let Call { task: asked, options, .. } = &call.value;
                let ctid = options.ctid.clone();
                let options = Options { ctid: None, ..options.clone() };
                let mut value =
                    json!({ "value": document::request(&call.value), "options": document::options(&options) });
                stand_ins.stand_in(&mut value);
                name_requests(&mut value);
                // XML has no task of its own for `hello`.
                let task = if task == TaskKind::Hello { task } else { asked.kind() };
                Self { protocol, task, value, ctid }
            }
            _ => Self { protocol, task, value: String::from_utf8_lossy(&request.body).into(), ctid: None },
        }
    }

    /// What it asks for, by whatever protocol. The order of members is not the meaning.
    pub(super) fn over_any_transport(&self) -> String {
        format!("{} {}", self.task.name(), sorted(&self.value))
    }
}

/// Puts what a certificate request asks for in its place: its signature is another each time that it is made anew with one key.
fn name_requests(value: &mut Value) {
    match value {
        Value::String(text) if text.starts_with("-----BEGIN") => {
            if let Ok(request) = CertificateRequest::read(&text) {
                let hash: String = request.asked_hash().iter().map(|byte| format!("{byte:02x}")).collect();
                *text = format!("a CSR for {}, {hash}", request.name().unwrap_or_default());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(name_requests),
        Value::Object(members) => members.values_mut().for_each(name_requests),
        _ => {}
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<&String, Value> =
                members.iter().map(|(name, member)| (name, sorted(member))).collect();
            members.into_iter().map(|(name, member)| (name.clone(), member)).collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// What a reply says, as the client's own output has it.
pub(super) fn reply(task: TaskKind, reply: &Reply, codec: &dyn Codec, stand_ins: StandIns) -> Value {
    let mut value = match codec.decode_response(task, reply) {
        Ok(answer) => document::response(&answer.value),
        Err(error) => json!({ "status": reply.status, "undecodable": error.to_string() }),
    };
    stand_ins.stand_in(&mut value);
    value
}

/// What a reply says as it was sent, for another over the same transport: JSON has its own types, and whatever nobody
/// understands is there by its path.
pub(super) fn as_sent(task: TaskKind, reply: &Reply, codec: &dyn Codec, stand_ins: StandIns) -> Value {
    if codec.protocol() == Protocol::Json
        && let Ok(mut value) = serde_json::from_slice::<Value>(&reply.body)
    {
        stand_ins.stand_in(&mut value);
        return value;
    }
    let mut value = self::reply(task, reply, codec, stand_ins);
    if let (Value::Object(members), Ok(answer)) = (&mut value, codec.decode_response(task, reply)) {
        let findings = answer.findings.into_iter().map(|finding| (finding.path, finding.kind.as_str().into()));
        members.extend(findings);
    }
    value
}

/// The exchanges of a tape that were not asked for so far, by what they mean.
#[derive(Debug, Default)]
pub(super) struct Deck {
    by_meaning: HashMap<String, VecDeque<usize>>,
    left: BTreeSet<usize>,
    meanings: Vec<Meaning>,
}

impl Deck {
    pub(super) fn of(folder: &Folder) -> Result<Self, TapeError> {
        let mut this = Self::default();
        for (at, entry) in folder.entries().iter().enumerate() {
            let request = folder.request_of(entry)?;
            let codec = Folder::codec(entry);
            let kind = entry.kind().unwrap_or(TaskKind::Hello);
            let meaning = Meaning::of(kind, &request, &*codec, folder.stand_ins());
            this.by_meaning.entry(meaning.over_any_transport()).or_default().push_back(at);
            this.left.insert(at);
            this.meanings.push(meaning);
        }
        Ok(this)
    }

    /// The exchange that answers next what is asked for: the first one recorded over the same protocol, else over the other.
    pub(super) fn take(&mut self, meaning: &Meaning) -> Option<usize> {
        let same = self.by_meaning.get_mut(&meaning.over_any_transport())?;
        let own =
            same.iter().position(|at| self.meanings.get(*at).is_some_and(|other| other.protocol == meaning.protocol));
        let at = same.remove(own.unwrap_or_default())?;
        self.left.remove(&at);
        Some(at)
    }

    pub(super) fn unused(&self) -> impl Iterator<Item = usize> + '_ {
        self.left.iter().copied()
    }

    pub(super) fn ctid(&self) -> Option<String> {
        self.meanings.first()?.ctid.clone()
    }

    /// The exchange that is most like it, and where they differ. Used ones count too: a request too many is like the last.
    pub(super) fn nearest(&self, meaning: &Meaning, entries: &[Entry]) -> String {
        let differing = |other: &Meaning| -> Vec<difference::Field> {
            let all = difference::fields(&other.value, &meaning.value);
            all.into_iter()
                .filter(|field| field.relation() != difference::Relation::Equal && !field.is_empty())
                .collect()
        };
        let candidates = self.meanings.iter().enumerate().filter(|(_, other)| other.task == meaning.task);
        let nearest = candidates
            .map(|(at, other)| (at, differing(other)))
            .min_by_key(|(at, fields)| (fields.len(), !self.left.contains(at)));
        match nearest {
            None => format!("the tape has no {} over {}", meaning.task.name(), meaning.protocol),
            Some((at, fields)) => {
                let title = entries.get(at).map(Entry::title).unwrap_or_default();
                if fields.is_empty() {
                    return format!("exchange {title} is the same, and was asked for already");
                }
                let text = |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), ToString::to_string);
                let differ: Vec<String> = fields
                    .iter()
                    .take(MOST)
                    .map(|field| {
                        format!("{}: {} on the tape, {} asked for", field.path, text(&field.left), text(&field.right))
                    })
                    .collect();
                let more = fields.len().saturating_sub(MOST);
                let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
                format!("the nearest is exchange {title}; they differ in\n  {}{more}", differ.join("\n  "))
            }
        }
    }
}

/// Fields that are shown where two requests differ.
const MOST: usize = 10;
