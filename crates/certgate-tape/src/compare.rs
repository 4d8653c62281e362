//! Two tapes side by side: two protocols, two dates, two versions of the gateway.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use certgate_domain::TaskKind;
use serde_json::Value;

use super::{
    Entry, Folder, StandIns,
    meaning::{self, Meaning},
};
use crate::{
    TapeError,
    difference::{Field, Relation, any_place, fields, kind},
};

/// What two tapes have in common and what not.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Exchanges that ask for the same.
    pub pairs: Vec<Pair>,
    /// Exchanges that only the left tape has.
    pub only_left: Vec<String>,
    /// Exchanges that only the right tape has.
    pub only_right: Vec<String>,
    /// Fields that came, went, or have another type: by task, over all its answers.
    pub drift: Vec<Drift>,
}

/// Two exchanges that ask for the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The left one's title.
    pub left: String,
    /// The right one's.
    pub right: String,
    /// The fields of their answers.
    pub fields: Vec<Field>,
}

/// A field of a task's answers that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The task.
    pub task: String,
    /// The field, `[]` for any place of a list.
    pub path: String,
    /// How it changed.
    pub relation: Relation,
    /// Its types on the left tape and on the right one.
    pub types: [String; 2],
}

struct Side {
    entries: Vec<Entry>,
    meanings: Vec<String>,
    answers: Vec<Value>,
}

impl Side {
    /// Its answers as they were sent, or by the JSON API's names where they are compared over two transports.
    fn read(folder: &Folder, as_sent: bool, stand_ins: StandIns) -> Result<Self, TapeError> {
        let (mut meanings, mut answers) = (Vec::new(), Vec::new());
        for entry in folder.entries() {
            let exchange = folder.exchange(entry)?;
            let codec = Folder::codec(entry);
            let kind = entry.kind().unwrap_or(TaskKind::Hello);
            meanings.push(Meaning::of(kind, &exchange.request, &*codec, stand_ins).over_any_transport());
            let said = if as_sent { meaning::as_sent } else { meaning::reply };
            answers.push(match &exchange.reply {
                Some(reply) => said(kind, reply, &*codec, stand_ins),
                None => serde_json::json!({ "error": entry.error }),
            });
        }
        Ok(Self { entries: folder.entries().to_vec(), meanings, answers })
    }

    fn title(&self, at: usize) -> String {
        self.entries.get(at).map(Entry::title).unwrap_or_default()
    }

    /// The types of each field of each task's answers.
    fn shapes(&self) -> Shapes {
        let mut shapes = Shapes::new();
        for (entry, answer) in self.entries.iter().zip(&self.answers) {
            shape(&entry.task, "", answer, &mut shapes);
        }
        shapes
    }
}

/// By task and path.
type Shapes = BTreeMap<(String, String), BTreeSet<&'static str>>;

fn shape(task: &str, path: &str, value: &Value, shapes: &mut Shapes) {
    if !path.is_empty() {
        shapes.entry((task.to_owned(), path.to_owned())).or_default().insert(kind(value));
    }
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            shape(task, &any_place(&path), member, shapes);
        }),
        Value::Array(items) => items.iter().for_each(|item| shape(task, &format!("{path}[]"), item, shapes)),
        _ => {}
    }
}

/// Compares two tapes.
///
/// # Errors
/// One of them cannot be read.
pub fn compare(left: &Path, right: &Path) -> Result<Comparison, TapeError> {
    let (left, right) = (Folder::open(left)?, Folder::open(right)?);
    let transports: BTreeSet<_> = left.entries().iter().chain(right.entries()).map(|entry| &entry.transport).collect();
    let as_sent = transports.len() == 1;
    // What stands in on one of them does so for the other.
    let stand_ins = left.stand_ins().and(right.stand_ins());
    let (left, right) = (Side::read(&left, as_sent, stand_ins)?, Side::read(&right, as_sent, stand_ins)?);
    let mut open: Vec<usize> = (0..right.entries.len()).collect();
    let (mut pairs, mut only_left) = (Vec::new(), Vec::new());
    for (at, meaning) in left.meanings.iter().enumerate() {
        let found = open.iter().position(|other| right.meanings.get(*other) == Some(meaning));
        match found.map(|place| open.remove(place)) {
            Some(other) => {
                let (before, after) = (left.answers.get(at), right.answers.get(other));
                let fields = fields(before.unwrap_or(&Value::Null), after.unwrap_or(&Value::Null));
                pairs.push(Pair { left: left.title(at), right: right.title(other), fields });
            }
            None => only_left.push(at),
        }
    }
    // How often the queue was looked into says nothing.
    let counts =
        |side: &Side, at: usize| side.entries.get(at).is_none_or(|entry| entry.kind() != Some(TaskKind::PollInfo));
    let only_left = only_left.into_iter().filter(|at| counts(&left, *at)).map(|at| left.title(at)).collect();
    let only_right = open.into_iter().filter(|at| counts(&right, *at)).map(|at| right.title(at)).collect();
    Ok(Comparison { pairs, only_left, only_right, drift: drift(&left, &right) })
}

fn drift(left: &Side, right: &Side) -> Vec<Drift> {
    let (before, after) = (left.shapes(), right.shapes());
    // A task that one tape does not have is no drift of its fields.
    let tasks = |side: &Side| side.entries.iter().map(|entry| entry.task.clone()).collect::<BTreeSet<_>>();
    let both: BTreeSet<String> = tasks(left).intersection(&tasks(right)).cloned().collect();
    let keys: BTreeSet<&(String, String)> =
        before.keys().chain(after.keys()).filter(|(task, _)| both.contains(task)).collect();
    let mut found: Vec<Drift> = keys
        .into_iter()
        .filter_map(|key| {
            let relation = match (before.get(key), after.get(key)) {
                (None, _) => Relation::Added,
                (_, None) => Relation::Removed,
                (Some(before), Some(after)) if before.is_disjoint(after) => Relation::Retyped,
                _ => return None,
            };
            let types = |shapes: &Shapes| {
                shapes.get(key).map(|types| types.iter().copied().collect::<Vec<_>>().join(" or ")).unwrap_or_default()
            };
            let (task, path) = key.clone();
            Some(Drift { task, path, relation, types: [types(&before), types(&after)] })
        })
        .collect();
    // The topmost says it for all that is below.
    let topmost: BTreeSet<(String, String)> =
        found.iter().map(|drift| (drift.task.clone(), drift.path.clone())).collect();
    found.retain(|drift| {
        let mut above = drift.path.match_indices(['.', '[']).filter_map(|(at, _)| drift.path.get(..at));
        !above.any(|path| topmost.contains(&(drift.task.clone(), path.to_owned())))
    });
    // What breaks readers first.
    found.sort_by_key(|drift| std::cmp::Reverse(drift.relation));
    found
}
