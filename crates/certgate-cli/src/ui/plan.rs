//! What would be done with certificates, and why.

use certgate::{
    RefusalReason,
    estate::{Cost, Planned, Step, Task},
};
use serde_json::{Value, json};

use super::table::Table;
use crate::{
    app::App,
    exit::{Exit, Failure, Kind, worst},
    ui::outcome::set,
};

/// Prints what would be done with each certificate, what that costs, and why.
pub(crate) fn print(app: &App, tasks: impl Iterator<Item = Task>) -> Result<Exit, Failure> {
    let mut kinds = Vec::new();
    let rows: Vec<Value> = tasks
        .map(|task| {
            let (row, kind) = row(task);
            kinds.push(kind);
            row
        })
        .collect();
    if app.json() {
        app.stdout.print(&json!({ "schema": 1, "plan": rows }));
    } else {
        let names = ["certificate", "folder", "action", "cost", "why"].map(str::to_owned).to_vec();
        Table::new(&app.stdout, names).rows(
            &rows
                .iter()
                .map(|row| {
                    let mut row = row.clone();
                    row["certificate"] = row["title"].clone();
                    if let (Some(why), Some(other)) = (row["why"].as_str(), row["otherwise"]["action"].as_str()) {
                        let cost = row["otherwise"]["cost"].as_str().unwrap_or_default();
                        row["why"] = json!(format!(
                            "{why}; {other} ({cost}) where {}",
                            row["otherwise"]["if"].as_str().unwrap_or_default()
                        ));
                    }
                    row
                })
                .collect::<Vec<_>>(),
        );
    }
    Ok(worst(kinds.into_iter()).into())
}

fn cost(planned: &Planned) -> &'static str {
    match planned.action.cost() {
        Cost::Free => "free",
        Cost::NewTerm => "new term",
    }
}

fn row(task: Task) -> (Value, Option<Kind>) {
    let mut row = json!({ "title": task.title });
    set(&mut row, "name", json!(task.name));
    set(&mut row, "folder", json!(task.folder));
    if let Some(planned) = &task.planned {
        set(&mut row, "certificate", json!(planned.certificate));
        row["action"] = json!(planned.action.name());
        row["cost"] = json!(cost(planned));
        row["why"] = json!(planned.reason.to_string());
        let otherwise =
            |other: &Planned, when: &str| json!({ "action": other.action.name(), "cost": cost(other), "if": when });
        if let Step::Resume { otherwise: Some(other), .. } = &task.step {
            row["otherwise"] = otherwise(&other.0, "that order never left");
        } else if let Some(other) = planned.otherwise() {
            row["otherwise"] = otherwise(&other, &RefusalReason::TooEarlyToRenew.to_string());
        }
    }
    let is_to_be_done = task.is_to_be_done();
    match task.step {
        Step::Failed(why) => {
            let failure = Failure::from(why);
            row["action"] = json!("error");
            row["why"] = json!(failure.to_string());
            row["error"] = failure.error();
            (row, Some(failure.kind()))
        }
        _ => (row, (!is_to_be_done).then_some(Kind::Unchanged)),
    }
}
