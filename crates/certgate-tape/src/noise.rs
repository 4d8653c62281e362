//! Differences that mean nothing.

use certgate_domain::TaskKind;

use crate::difference::{Field, Relation, is_among};

/// The fields that differ from answer to answer without meaning anything: those known, those of a task, and those that somebody
/// names besides.
///
/// ```
/// use certgate_domain::TaskKind;
/// use certgate_tape::Noise;
///
/// let noise = Noise::of(Some(TaskKind::JobInfo), vec!["data[].expire".to_owned()]);
/// assert!(noise.holds("stid") && noise.holds("data[0].expire") && noise.holds("status.code"));
/// assert!(!noise.holds("data[0].name"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Noise {
    of_task: &'static [&'static str],
    named: Vec<String>,
}

/// What differs from answer to answer without meaning anything: transaction ids, times, counters, tokens for validation.
const NOISE: [&str; 11] = [
    "stid",
    "ctid",
    "object.summary",
    "**.stid",
    "**.ctid",
    "**.created",
    "**.updated",
    "**.execution",
    "**.lastPaid",
    "**.dns",
    "**.fileContent",
];

/// What the two protocols say of a task by nature not alike.
fn differs_by_nature(kind: TaskKind) -> &'static [&'static str] {
    match kind {
        // XML has none and looks into the queue.
        TaskKind::Hello => &["status.code", "status.text", "object", "data"],
        // XML says nothing of the contact that was changed.
        TaskKind::ContactUpdate => &["data"],
        // There are two families of codes: XML answers 4001xx, JSON 3001xx. The type says what is meant.
        _ if kind.name().starts_with("job-") => &["status.code"],
        _ => &[],
    }
}

impl Noise {
    /// What means nothing in answers to that task, where one is asked over both protocols; and the patterns named besides, such as
    /// `data[].expire`, or `**.expire` wherever it stands.
    pub fn of(task: Option<TaskKind>, named: Vec<String>) -> Self {
        Self { of_task: task.map_or(&[], differs_by_nature), named }
    }

    /// Whether a difference at that path means nothing.
    pub fn holds(&self, path: &str) -> bool {
        let known = NOISE.iter().chain(self.of_task).copied();
        is_among(path, known.chain(self.named.iter().map(String::as_str)))
    }

    /// Whether a field differs, and that means something.
    pub fn counts(&self, field: &Field) -> bool {
        field.relation() != Relation::Equal && !self.holds(&field.path)
    }

    /// The named patterns that none of these paths is among: they may be misspelt.
    pub fn idle<'a>(&self, paths: impl Iterator<Item = &'a str> + Clone) -> impl Iterator<Item = &str> {
        let is_idle = move |pattern: &&str| !paths.clone().any(|path| is_among(path, [*pattern]));
        self.named.iter().map(String::as_str).filter(is_idle)
    }
}
