//! What a bridge tells whoever runs it.

use certgate_bridge::{Event, ShadowReport};
use serde_json::{Value, json};

use crate::{app::App, streams::say, ui::table::Table};

/// Tells warnings unless it is to be quiet, and each answer where it is to be verbose.
pub(crate) fn teller(app: &App) -> impl Fn(&Event<'_>) + Send + Sync + 'static {
    let (is_quiet, is_verbose) = (app.quiet, app.verbose);
    move |event: &Event<'_>| match event {
        event if event.is_warning() && is_quiet => {}
        event if event.is_warning() => say(&format!("certgate: warning: {event}")),
        Event::Answered { .. } if !is_verbose => {}
        event => say(&format!("certgate: {event}")),
    }
}

/// What comparisons came to, by task: by it somebody decides which tasks to switch over. With a document on stdout already, it is said
/// on stderr, in one line.
pub(crate) fn shadow_report(app: &App, report: &ShadowReport) {
    if app.json() {
        return say(&report.document().to_string());
    }
    let columns = ["task", "asked", "equal", "different", "could not be asked"].map(str::to_owned);
    let mut table = Table::new(&app.stdout, columns.to_vec());
    let rows: Vec<Value> = report
        .tallies()
        .into_iter()
        .map(|(task, tally)| {
            json!({ "task": task, "asked": tally.asked, "equal": tally.equal, "different": tally.different,
                "could not be asked": tally.unasked() })
        })
        .collect();
    table.rows(&rows);
}
