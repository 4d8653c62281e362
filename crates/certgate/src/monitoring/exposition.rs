//! Prometheus' text format.

use std::fmt::{Display, Write};

/// What a metric does over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// It goes up and down.
    Gauge,
    /// It only goes up.
    Counter,
}

/// A metric, whatever its labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it does over time.
    pub kind: MetricKind,
    /// What it says.
    pub help: &'static str,
}

/// A text of metrics. Names, units and comments are as Prometheus' documentation has them.
#[derive(Debug)]
pub(super) struct Exposition {
    text: String,
    /// What every sample has, behind its own.
    labels: Vec<(&'static str, String)>,
}

impl Exposition {
    pub(super) fn with_labels(labels: Vec<(&'static str, String)>) -> Self {
        Self { text: String::new(), labels }
    }

    /// A metric with its samples; one without samples is left out.
    pub(super) fn metric<V: Display>(
        &mut self,
        metric: Metric,
        samples: impl IntoIterator<Item = (Vec<(&'static str, String)>, V)>,
    ) {
        let mut samples = samples.into_iter().peekable();
        if samples.peek().is_none() {
            return;
        }
        let Metric { name, kind, help } = metric;
        let kind = match kind {
            MetricKind::Gauge => "gauge",
            MetricKind::Counter => "counter",
        };
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in samples {
            let labels = labels.iter().chain(&self.labels);
            let labels: Vec<String> = labels.map(|(label, text)| format!("{label}=\"{}\"", escaped(text))).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let _ = writeln!(self.text, "{name}{labels} {value}");
        }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// A label's value. A text of the gateway's may hold anything: it ends no line and no quotation.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
