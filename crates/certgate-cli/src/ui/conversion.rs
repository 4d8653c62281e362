//! What `convert` shows: the payload, where each one of a folder went, what was odd or is not carried over.

use std::path::Path;

use certgate::payload::PayloadKind;
use certgate_domain::Protocol;
use certgate_wire::{Finding, Loss};
use serde_json::{Value, json};

use crate::{
    app::App,
    exit::Failure,
    streams::{printable, say},
    ui::document,
};

/// A payload in the other protocol.
pub(crate) struct Converted {
    /// What it was.
    pub(crate) kind: PayloadKind,
    /// What it is turned into.
    pub(crate) to: Protocol,
    pub(crate) text: String,
    /// One line for the shell a request.
    pub(crate) curl: Vec<String>,
    pub(crate) losses: Vec<Loss>,
    pub(crate) findings: Vec<Finding>,
}

impl Converted {
    /// Why the conversion is not borne under `--strict`.
    pub(crate) fn reason(&self) -> Option<String> {
        let loss = self.losses.first().map(|loss| format!("{}: {}", loss.path, loss.why));
        loss.or_else(|| self.findings.first().map(ToString::to_string))
    }
}

/// The payload as a document.
pub(crate) fn document(converted: &Converted, curl: bool) -> Value {
    let mut document = json!({ "schema": 1, "payload": converted.text, "losses": losses(&converted.losses) });
    if curl {
        document["curl"] = json!(converted.curl);
    }
    document
}

/// Prints the payload as it is, or its lines for the shell.
pub(crate) fn payload(app: &App, converted: &Converted, curl: bool) {
    let text = if curl { converted.curl.join("\n") } else { converted.text.clone() };
    app.stdout.piece(&text);
    if !text.ends_with('\n') {
        app.stdout.piece("\n");
    }
}

/// Says what was odd, and what is not carried over; `file` stands before each.
pub(crate) fn warn(app: &App, file: &str, converted: &Converted) {
    if app.quiet {
        return;
    }
    for finding in &converted.findings {
        say(&format!("certgate: warning: {file}{finding}"));
    }
    for loss in &converted.losses {
        say(&format!("certgate: warning: {file}{}: not carried over: {}", loss.path, loss.why));
    }
}

/// Says what became of a file of a folder, and makes its row.
pub(crate) fn row(app: &App, name: &Path, target: &Path, done: &Result<Converted, Failure>) -> Value {
    let name = name.display().to_string();
    match done {
        Ok(converted) => {
            warn(app, &format!("{name}: "), converted);
            json!({ "file": name, "protocol": converted.kind.protocol.name(), "side": converted.kind.side.name(), "out": target.display().to_string(), "losses": losses(&converted.losses),
                "findings": document::findings(&converted.findings) })
        }
        Err(failure) => {
            if !app.quiet {
                say(&format!("certgate: {failure}"));
            }
            json!({ "file": name, "error": failure.error() })
        }
    }
}

/// Prints the rows of a folder.
pub(crate) fn rows(app: &App, rows: &[Value]) {
    if app.json() {
        app.stdout.print(&json!({ "schema": 1, "files": rows }));
        return;
    }
    for row in rows {
        let out = row["out"].as_str().unwrap_or("not converted");
        app.stdout.line(&printable(&format!("{}: {out}", row["file"].as_str().unwrap_or_default())));
    }
}

fn losses(losses: &[Loss]) -> Vec<Value> {
    losses.iter().map(|loss| json!({ "path": loss.path, "why": loss.why })).collect()
}
