//! What a payload turned out to be, or why that cannot be told.

use std::path::Path;

use certgate::payload::{PayloadHints, PayloadKind, Side, UnknownTask, UnrecognizedPayload};
use certgate_domain::{Protocol, TaskKind};
use certgate_wire::DecodeError;

use crate::{
    app::App,
    exit::{Failure, Kind},
    streams::say,
};

/// More tasks than these are not named one by one.
const MOST_NAMED: usize = 8;

/// A file that cannot be understood.
pub(crate) fn undecodable(file: &Path, error: &DecodeError) -> Failure {
    Failure::new(Kind::Undecodable, format!("{}: {error}", file.display()))
}

/// A payload that does not say all that has to be known of it.
pub(crate) fn unrecognized(file: &Path, error: &UnrecognizedPayload) -> Failure {
    let (reason, candidates) = match error {
        UnrecognizedPayload::Unreadable(error) => return undecodable(file, error),
        UnrecognizedPayload::Task { reason, candidates } => (Some(reason), candidates.as_slice()),
        _ => (None, [].as_slice()),
    };
    let name = match candidates {
        [] => "name it with --task (certgate tasks lists them)".to_owned(),
        some if some.len() > MOST_NAMED => {
            format!("name it with --task: {} tasks have these fields (certgate tasks lists them)", some.len())
        }
        some => format!("name it with --task: {}", names(some, "or")),
    };
    let advice = match reason {
        Some(UnknownTask::BodyAlone) => {
            format!("{name}; or put a line with method and path before it, such as `PUT /certificate/571`")
        }
        _ => name,
    };
    Failure::usage(format!("{}: {error}", file.display())).advise(advice)
}

/// Says what a payload turned out to be, where not all of that was given.
pub(crate) fn told(app: &App, file: &Path, hints: PayloadHints, kind: &PayloadKind) {
    let is_given = hints.protocol.is_some() && hints.side.is_some();
    let is_task_given = kind.side == Side::Request || hints.task.is_some();
    if app.quiet || is_given && is_task_given {
        return;
    }
    let protocol = match kind.protocol {
        Protocol::Xml => "an XML",
        Protocol::Json => "a JSON",
    };
    let mut tasks = kind.tasks.clone();
    tasks.dedup();
    let to = match (kind.side, tasks.as_slice()) {
        (_, []) => String::new(),
        (Side::Request, tasks) => format!(" for {}", names(tasks, "and")),
        (Side::Response, tasks) => format!(" to {}", names(tasks, "and")),
    };
    let alike = match kind.alike.as_slice() {
        [] => String::new(),
        alike => format!(" (by its code it may be one to {}, too: --task says so)", names(alike, "or")),
    };
    say(&format!("certgate: {}: {protocol} {}{to}{alike}", file.display(), kind.side));
}

fn names(tasks: &[TaskKind], word: &str) -> String {
    let names: Vec<&str> = tasks.iter().map(|task| task.name()).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} {word} {last}", others.join(", ")),
        None => String::new(),
    }
}
