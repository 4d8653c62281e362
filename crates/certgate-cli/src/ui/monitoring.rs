//! What a monitoring system is told.

use certgate::monitoring::Verdict;
use serde_json::{Map, Value, json};

use crate::{exit::Exit, streams::Stdout};

/// Prints what a check came to.
pub(crate) fn verdict(stdout: &Stdout, json: bool, verdict: &Verdict) -> Exit {
    if json {
        let value = |(name, value, _): &(&str, i64, String)| ((*name).to_owned(), json!(value));
        let performance: Map<String, Value> = verdict.performance.iter().map(value).collect();
        let level = verdict.level.name().to_ascii_lowercase();
        let check = json!({ "level": level, "text": verdict.text, "performance": performance });
        stdout.print(&json!({ "schema": 1, "check": check }));
    } else {
        stdout.line(&verdict.line());
    }
    Exit::level(verdict.level)
}
