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
        let mut series = (outcome.task().to_owned(), outcome.way, outcome.word());
        let is_new_and_too_much =
            outcome.kind.is_none() && counts.len() >= MOST_SERIES && !counts.contains_key(&series);
        if is_new_and_too_much {
            "other".clone_into(&mut series.0);
        }
        *counts.entry(series).or_default() += 1;
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

#[cfg(test)]
mod tests {
    use certgate_server::{message, refusal};

    use super::{Counts, MOST_SERIES};
    use crate::{
        Way,
        outcome::{Outcome, Told},
    };

    fn unknown(number: usize) -> Outcome {
        let answer = refusal("E00000", message("EF01000", "", "", ""));
        let told = Told::Typed(Box::new(answer));
        Outcome { kind: None, number: number.to_string(), way: Way::Nowhere, told, is_answered: false }
    }

    #[test]
    fn what_is_counted_stays_counted_by_its_number_however_many_there_are() {
        let counts = Counts::default();
        for number in (0..=MOST_SERIES).chain([7]) {
            counts.task(&unknown(number));
        }
        let text = counts.text(0);
        let count = |task: &str| {
            let series =
                format!("certgate_bridge_tasks_total{{task=\"{task}\",way=\"nowhere\",outcome=\"unanswered\"}} ");
            text.lines().find_map(|line| line.strip_prefix(series.as_str()))
        };
        assert_eq!((count("6"), count("7"), count("500"), count("other")), (Some("1"), Some("2"), None, Some("1")));
    }
}
