//! `certgate tasks`.

use certgate_domain::{Mode, TaskKind};
use serde_json::{Value, json};

use crate::{
    app::App,
    exit::{Exit, Failure},
};

pub(crate) fn run(app: &App) -> Result<Exit, Failure> {
    let mode = |kind: TaskKind| match kind.mode() {
        Mode::Sync => "sync",
        Mode::Async => "async",
    };
    if app.json() {
        let tasks: Vec<Value> = TaskKind::ALL
            .iter()
            .map(|&kind| {
                let (method, route) = certgate_json::route::route(kind);
                json!({
                    "name": kind.name(), "code": kind.code(), "method": method.as_str(), "route": route,
                    "mode": mode(kind), "safe": kind.is_safe_to_repeat(), "xml": certgate_xml::evidence(kind),
                })
            })
            .collect();
        let unverified: Vec<&str> = unverified().map(TaskKind::name).collect();
        app.stdout.print(&json!({ "schema": 1, "tasks": tasks, "unverified": unverified }));
        return Ok(Exit::DONE);
    }
    for &kind in TaskKind::ALL {
        let (method, route) = certgate_json::route::route(kind);
        let safe = if kind.is_safe_to_repeat() { "safe to repeat" } else { "never repeated" };
        app.stdout.line(&format!(
            "{:<30} {:<7} {:<6} {:<36} {:<6} {:<15} {}",
            kind.name(),
            kind.code(),
            method.as_str(),
            route,
            mode(kind),
            safe,
            certgate_xml::evidence(kind)
        ));
    }
    let names: Vec<&str> = unverified().map(TaskKind::name).collect();
    app.stdout.line(&format!(
        "\nunverified (no sample of their XML is known; it is derived from the JSON API): {}",
        names.join(", ")
    ));
    Ok(Exit::DONE)
}

/// Tasks whose XML nobody has shown.
fn unverified() -> impl Iterator<Item = TaskKind> {
    TaskKind::ALL.iter().copied().filter(|kind| certgate_xml::evidence(*kind) == "derived")
}
