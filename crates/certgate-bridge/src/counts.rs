//! What a bridge counts, in the text format of Prometheus.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Mutex, PoisonError},
};

use crate::{Way, outcome::Outcome};

/// The counts of a bridge since it started.
#[derive(Default)]
pub(crate) struct Counts(Mutex<BTreeMap<(String, Way, &'static str), u64>>);

/// So many tasks that are not known are counted by their numbers; the numbers are the callers' own.
const MOST_SERIES: usize = 500;

impl Counts {
    pub(crate) fn task(&self, outcome: &Outcome) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new_and_too_much = outcome.kind.is_none() && counts.len() >= MOST_SERIES;
        let task = if is_new_and_too_much { "other" } else { outcome.task() };
        *counts.entry((task.to_owned(), outcome.way, outcome.word())).or_default() += 1;
    }

    pub(crate) fn text(&self, waiting: usize) -> String {
        let mut text = format!(
            "# HELP certgate_bridge_waiting Requests that wait for a client that is free, or for the gateway's pace.\n\
             # TYPE certgate_bridge_waiting gauge\n\
             certgate_bridge_waiting {waiting}\n\
             # HELP certgate_bridge_tasks_total Tasks by name or number, the way they went, and what became of them.\n\
             # TYPE certgate_bridge_tasks_total counter\n"
        );
        for ((task, way, outcome), count) in &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            let way = way.name();
            let _ = writeln!(
                text,
                "certgate_bridge_tasks_total{{task=\"{task}\",way=\"{way}\",outcome=\"{outcome}\"}} {count}"
            );
        }
        text
    }
}
