//! The rows of a run with several certificates: one for each, a summary, and one exit code for all.

use certgate::{estate::Task, installation::Deployment, served::Verification};
use certgate_wire::Finding;
use serde_json::{Map, Value, json};

use super::{
    document,
    outcome::{self, set, strict},
    plan::set_action,
    progress::{Ended, Tally},
    table::Table,
    verification,
};
use crate::{
    app::App,
    exit::{Exit, Failure, Kind, beside, worst},
    streams::say,
};

/// What became of one certificate.
pub(crate) struct Row<'t> {
    pub(crate) task: &'t Task,
    pub(crate) ended: Ended,
    /// What is served where it is to be served.
    pub(crate) served: Vec<Verification>,
    /// What is to be known of it besides.
    pub(crate) detail: Option<String>,
}

/// What became of all.
pub(crate) struct Rows<'r> {
    pub(crate) app: &'r App,
    pub(crate) rows: Vec<Row<'r>>,
    pub(crate) findings: &'r [Finding],
}

impl Rows<'_> {
    /// Prints them. `error` is why the run ended before its orders did.
    pub(crate) fn print(self, error: Option<Failure>) -> Result<Exit, Failure> {
        let Self { app, rows, findings } = self;
        let (mut shown, mut kinds, mut tally, mut undeployed) = (Vec::new(), Vec::new(), Tally::default(), None);
        for Row { task, ended: Ended { order, shown: mut ended }, served, detail } in rows {
            let problem = served.iter().find_map(Verification::problem);
            if let (Ok(output), Some(_), false) = (&mut ended, &task.planned, order.is_null()) {
                // Its files may have been there: that they are in place now is what was to be done.
                output.kind = output.kind.filter(|kind| *kind != Kind::Unchanged);
            }
            if let (Ok(output), Some(problem)) = (&mut ended, &problem) {
                say(&format!("certgate: {}: {problem}", task.title));
                output.kind = Some(Kind::NotDeployed);
            }
            let kind = outcome::kind(&ended);
            tally.count(kind);
            kinds.push(kind);
            let mut row = outcome::row(order, &ended);
            // What this run installed has come to something of its own.
            if let (Some(deployment), None) = (&task.redeployed, row.get("deployment")) {
                row["deployment"] = json!(deployment);
                if let Deployment::Failed { detail } = deployment {
                    say(&format!("certgate: {}: {detail}", task.title));
                    undeployed = Some(Kind::NotDeployed);
                }
            }
            row["title"] = json!(task.title);
            set(&mut row, "name", json!(task.name));
            set(&mut row, "folder", task.folder.as_deref().map(document::path).unwrap_or_default());
            if let Some(planned) = &task.planned {
                set_action(&mut row, planned);
            }
            if !served.is_empty() {
                row["served"] = served.iter().map(verification::row).collect();
            }
            set(&mut row, "text", json!(problem));
            set(&mut row, "detail", json!(detail));
            shown.push(row);
        }
        let is_planned = shown.iter().any(|row| row.get("action").is_some());
        let summary: Map<String, Value> =
            tally.rows().map(|(kind, count)| (kind.to_owned(), json!(count))).into_iter().collect();
        app.sum_up(json!({ "schema": 1, "orders": shown, "summary": summary }));
        if app.json() {
            let found = document::findings(findings);
            let mut document = json!({ "schema": 1, "orders": shown, "summary": summary, "findings": found });
            set(&mut document, "error", error.as_ref().map(Failure::error).unwrap_or_default());
            app.stdout.print(&document);
        } else if kinds.iter().any(|kind| *kind != Some(Kind::Unchanged)) || !(app.quiet || shown.is_empty()) {
            table(app, &shown, is_planned);
            let said: Vec<String> = tally.rows().iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            app.stdout.line(&said.join(", "));
        }
        // Of several each was said as it ended.
        if let ([_], Some(text)) = (kinds.as_slice(), shown.first().and_then(|row| row["text"].as_str())) {
            say(&format!("certgate: {text}"));
        }
        let kind = worst(kinds.iter().copied().chain(undeployed.map(Some)));
        // A row that ended by a finding names it.
        let found = strict(app, findings).err().filter(|_| !kinds.contains(&Some(Kind::CheckFailed)));
        let ended = found.map_or(Ok(kind.into()), |found| Err(beside(Ok(kind.into()), found)));
        let Some(error) = error else { return ended };
        let left = tally.pending + tally.failed + tally.unknown;
        let error =
            error.and(&format!("{left} orders are left: run the same command again, it does only what is left"));
        Err(beside(ended, error))
    }
}

/// The same for people: what was done with each, where that was planned.
fn table(app: &App, rows: &[Value], is_planned: bool) {
    let names: &[&str] =
        if is_planned { &["certificate", "folder", "action", "result", "id"] } else { &["order", "result", "id"] };
    let cells = |row: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut cells = vec![text(&row["title"])];
        if is_planned {
            cells.extend([text(&row["folder"]), text(&row["action"])]);
        }
        cells.extend([text(&row["kind"]), text(&row["order"]["id"])]);
        cells
    };
    Table::new(&app.stdout, names.iter().map(|name| (*name).to_owned()).collect())
        .cells(rows.iter().map(cells).collect());
}
