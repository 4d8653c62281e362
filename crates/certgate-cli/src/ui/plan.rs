//! What would be done with certificates, and why.

use certgate::{
    RefusalReason,
    estate::{
        Cost, Planned, PlannedAction, Step, Task,
        plan::{Change, PlanReason},
    },
};
use certgate_wire::Finding;
use serde_json::{Map, Value, json};

use super::{advice::Asking, document, outcome::set, table::Table};
use crate::{
    app::App,
    exit::{Exit, Failure, Kind, worst},
    streams::say,
};

/// A line of a batch that is rehearsed.
pub(crate) struct Planning {
    pub(crate) task: Task,
    /// Its requests, as they are shown, where an order would be placed; or what is wrong with it.
    pub(crate) requests: Option<Result<Value, Failure>>,
    /// What is to be known of it besides.
    pub(crate) detail: Option<String>,
    /// The options of a command for its account.
    pub(crate) options: String,
}

/// Prints what would be done with each certificate, what that costs, and why. With each come the options of a command for its account;
/// `by_file` is whether their settings stand in a file.
pub(crate) fn print(app: &App, tasks: Vec<(String, Task)>, by_file: bool) -> Result<Exit, Failure> {
    let row = |(options, task): (String, Task)| row(app, task, Asking { options: &options, by_file });
    let (rows, kinds): (Vec<Value>, Vec<Option<Kind>>) = tasks.into_iter().map(row).unzip();
    if app.json() {
        app.stdout.print(&json!({ "schema": 1, "plan": rows }));
    } else {
        table(app, rows);
    }
    Ok(worst(kinds.into_iter()).into())
}

/// Prints what would be done with each line of a batch, and says what is wrong with it. `interrupted` is why some were not looked at.
pub(crate) fn print_batch(
    app: &App,
    lines: Vec<Planning>,
    findings: &[Finding],
    interrupted: Option<Failure>,
) -> Result<Exit, Failure> {
    let is_alone = lines.len() == 1;
    let (rows, kinds): (Vec<Value>, Vec<Option<Kind>>) = lines.into_iter().map(|line| row_of_line(app, line)).unzip();
    for row in rows.iter().filter(|row| row["action"] == "error") {
        let [title, why] = ["title", "why"].map(|member| row[member].as_str().unwrap_or_default());
        say(&if is_alone { format!("certgate: {why}") } else { format!("certgate: {title}: {why}") });
    }
    if app.json() {
        let mut document = json!({ "schema": 1, "plan": rows, "findings": document::findings(findings) });
        set(&mut document, "error", interrupted.as_ref().map(Failure::error).unwrap_or_default());
        app.stdout.print(&document);
    } else {
        table(app, rows);
    }
    match interrupted {
        Some(why) => Err(why.said()),
        None => Ok(worst(kinds.into_iter()).into()),
    }
}

fn table(app: &App, mut rows: Vec<Value>) {
    let names = ["certificate", "folder", "action", "cost", "why"].map(str::to_owned).to_vec();
    for row in &mut rows {
        row["certificate"] = row["title"].clone();
        if let (Some(why), Some(other)) = (row["why"].as_str(), row["otherwise"]["action"].as_str()) {
            let cost = row["otherwise"]["cost"].as_str().unwrap_or_default();
            let when = row["otherwise"]["if"].as_str().unwrap_or_default();
            row["why"] = json!(format!("{why}; {other} ({cost}) where {when}"));
        }
    }
    Table::new(&app.stdout, names).rows(&rows);
}

fn cost(action: PlannedAction) -> &'static str {
    match action.cost() {
        Cost::Free => "free",
        Cost::NewTerm => "new term",
    }
}

/// What is done with a certificate, and why: with the names that come and go, where they change.
pub(super) fn set_action(row: &mut Value, planned: &Planned) {
    row["action"] = json!(planned.action.name());
    row["why"] = json!(planned.reason.to_string());
    let PlanReason::Changed(Change { added, removed, .. }) = &planned.reason else { return };
    let changed = [("added", added), ("removed", removed)].into_iter().filter(|(_, names)| !names.is_empty());
    let names: Map<String, Value> = changed.map(|(member, names)| (member.to_owned(), json!(names))).collect();
    if !names.is_empty() {
        row["names"] = json!(names);
    }
}

fn row(app: &App, task: Task, asking: Asking<'_>) -> (Value, Option<Kind>) {
    let mut row = json!({ "title": task.title });
    set(&mut row, "name", json!(task.name));
    set(&mut row, "folder", task.folder.as_deref().map(document::path).unwrap_or_default());
    if let Some(planned) = &task.planned {
        set(&mut row, "certificate", json!(planned.certificate));
        set_action(&mut row, planned);
        row["cost"] = json!(cost(planned.action));
        if let Some(other) = planned.otherwise() {
            let refusal = RefusalReason::TooEarlyToRenew.to_string();
            row["otherwise"] = json!({ "action": other.action.name(), "cost": cost(other.action), "if": refusal });
        }
    }
    let is_to_be_done = task.is_to_be_done();
    match task.step {
        Step::Failed(why) => failed(row, &app.reported(Failure::of_task(why, asking))),
        _ => (row, (!is_to_be_done).then_some(Kind::Unchanged)),
    }
}

fn failed(mut row: Value, failure: &Failure) -> (Value, Option<Kind>) {
    // What it would come to, and cost, is not known.
    for member in ["cost", "otherwise"] {
        row.as_object_mut().map(|row| row.remove(member));
    }
    row["action"] = json!("error");
    row["why"] = json!(failure.to_string());
    row["error"] = failure.error();
    (row, Some(failure.kind()))
}

fn row_of_line(app: &App, line: Planning) -> (Value, Option<Kind>) {
    let Planning { task, requests, detail, options } = line;
    let (action, folder, certificate, mut why) = match &task.step {
        Step::Place { request, .. } => {
            let folder = request.install.as_ref().map(|install| install.folder.clone());
            (request.purpose.into(), folder, request.certificate(), None)
        }
        Step::Resume { order, .. } => {
            let why = format!("order {} is {}", order.order.id, order.state.as_str());
            (PlannedAction::Resume, None, order.order.certificate, Some(why))
        }
        Step::Done(order) => (PlannedAction::Nothing, None, order.order.certificate, Some("done before".to_owned())),
        _ => return row(app, task, Asking { options: &options, by_file: true }),
    };
    why = detail.or(why);
    let is_done = matches!(task.step, Step::Done(_));
    let mut row = json!({ "title": task.title, "action": action.name(), "cost": cost(action) });
    set(&mut row, "folder", folder.as_deref().map(document::path).unwrap_or_default());
    set(&mut row, "certificate", json!(certificate));
    set(&mut row, "why", json!(why));
    match requests {
        Some(Err(why)) => failed(row, &app.reported(why)),
        Some(Ok(requests)) => {
            row["requests"] = requests;
            (row, None)
        }
        None => (row, is_done.then_some(Kind::Unchanged)),
    }
}
