//! What a monitoring system is told.

use certgate::monitoring::Verdict;
use serde_json::{Map, Value, json};

use crate::{app::App, exit::Exit};

/// Prints what a check came to.
pub(crate) fn verdict(app: &App, verdict: &Verdict) -> Exit {
    if app.json() {
        let value = |(name, value, _): &(&str, i64, String)| ((*name).to_owned(), json!(value));
        let performance: Map<String, Value> = verdict.performance.iter().map(value).collect();
        let level = verdict.level.name().to_ascii_lowercase();
        let check = json!({ "level": level, "text": verdict.text, "performance": performance });
        app.stdout.print(&json!({ "schema": 1, "check": check }));
    } else {
        app.stdout.line(&verdict.line());
    }
    Exit::level(verdict.level)
}
