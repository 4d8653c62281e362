//! Telling people what a run did.

use std::{path::Path, process::Stdio};

use certgate::process;
use certgate_files::WholeFile;
use serde_json::{Value, json};

use crate::{
    app::{App, own_folder},
    args::notify::Notify,
    exit::{Exit, Failure, Kind, beside},
    ui::notice::{subject, text},
};

/// Tells whoever is to be told what a run did or failed to do, and nobody of a run that had nothing to do. That nobody could be
/// told is local trouble (exit 12) beside what the run came to.
pub(crate) fn told(app: &App, notify: &Notify, ended: Result<Exit, Failure>) -> Result<Exit, Failure> {
    // What is wrong with the configuration, the run has said.
    let of_profile = || app.settings().ok().and_then(|settings| settings.notify.value);
    let Some(command) = notify.notify.clone().or_else(of_profile) else { return ended };
    let kind = ended.as_ref().map_or_else(|failure| Some(failure.kind()), Exit::kind);
    if kind == Some(Kind::Unchanged) {
        return ended;
    }
    let mut summary = app.summary().cloned().unwrap_or_else(|| json!({ "schema": 1, "orders": [] }));
    summary["kind"] = json!(kind.map_or("done", Kind::name));
    if let Err(failure) = &ended {
        summary["error"] = failure.error();
    }
    let Err(why) = tell(&command, notify.folder.as_deref(), &summary) else { return ended };
    let why = format!("nobody was told what this run did: --notify: {why}");
    Err(beside(ended, Failure::new(Kind::Local, why)))
}

fn tell(command: &str, at: Option<&Path>, summary: &Value) -> Result<(), String> {
    let folder = own_folder("the summary").map_err(|why| why.to_string())?;
    let file = folder.path().join("summary.json");
    WholeFile::beside(&file, format!("{summary:#}\n").as_bytes(), 0o600)
        .and_then(WholeFile::create)
        .map_err(|why| why.to_string())?;
    let mut run = process::action(command, at);
    run.env("CERTGATE_SUMMARY", &file).env("CERTGATE_SUBJECT", subject(summary)).stdin(Stdio::piped());
    match process::run(run, text(summary).into_bytes(), process::TIMEOUT) {
        Ok((status, _)) if status.success() => Ok(()),
        Ok((status, _)) => Err(status.to_string()),
        Err(why) => Err(why.to_string()),
    }
}
