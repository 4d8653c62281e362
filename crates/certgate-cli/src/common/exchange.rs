//! One task: made of arguments, sent, shown.

use std::path::Path;

use certgate::{CertificateSelector, Client, Error, Exchange};
use certgate_domain::{AnyTask, TaskKind};
use certgate_json::JsonCodec;
use certgate_wire::{Body, Codec, Request};
use serde_json::json;

use crate::{
    app::{App, Connection},
    common::payload::read_file,
    exit::Failure,
    streams::say,
    ui::{
        command_line::{options, resume},
        document,
        outcome::order,
    },
};

/// The id of a task: a number, or for the tasks of certificates the name of one.
pub(crate) fn task_id(
    client: &mut Client,
    kind: TaskKind,
    given: Option<&CertificateSelector>,
) -> Result<Option<i64>, Failure> {
    match given {
        Some(_) if !certgate_json::route::route(kind).1.contains("{id}") => {
            Err(Failure::usage(format!("--id: {} takes no id", kind.name())))
        }
        Some(CertificateSelector::Name(name)) if !kind.name().starts_with("certificate-") => Err(Failure::usage(
            format!("--id: found `{name}`, expected a number: only certificates are known by their names"),
        )),
        given => Ok(given.map(|given| given.find(client)).transpose()?),
    }
}

/// A task made of an id and data in the JSON API's shape.
pub(crate) fn read_task(app: &App, kind: TaskKind, id: Option<i64>, data: Option<&Path>) -> Result<AnyTask, Failure> {
    if app.password_stdin && data == Some(Path::new("-")) {
        return Err(Failure::usage(
            "--password-stdin and --data - both want standard input: give one of them as a file",
        ));
    }
    let (method, route) = certgate_json::route::route(kind);
    let body = match data {
        Some(path) => read_file(path, certgate_wire::Limits::BODY)?,
        None => Vec::new(),
    };
    let target = match id {
        Some(id) => route.replace("{id}", &id.to_string()),
        None => route.to_owned(),
    };
    let request = Request { method, target, headers: Vec::new(), body: Body(body) };
    let mut calls = JsonCodec::default()
        .decode_requests(Some(kind), &request)
        .map_err(|error| Failure::usage(format!("--data: {error}")))?;
    let call = calls.pop().ok_or_else(|| Failure::usage("--data: no task"))?;
    if let Some(finding) = call.findings.first() {
        return Err(Failure::usage(format!("--data: {finding}: expected a field of the JSON API")));
    }
    Ok(call.value.task)
}

/// Sends one task and shows its answer.
pub(crate) fn send(app: &App, task: &AnyTask) -> Result<Exchange, Failure> {
    send_over(app, &mut Connection::open(app, None)?, task)
}

/// The same over a connection that is open.
pub(crate) fn send_over(app: &App, connection: &mut Connection, task: &AnyTask) -> Result<Exchange, Failure> {
    let exchange = exchange_over(app, connection, task)?;
    document::answer(app, &exchange)?;
    Ok(exchange)
}

/// Sends one task.
pub(crate) fn exchange(app: &App, task: &AnyTask) -> Result<Exchange, Failure> {
    exchange_over(app, &mut Connection::open(app, None)?, task)
}

/// The same over a connection that is open.
pub(crate) fn exchange_over(app: &App, connection: &mut Connection, task: &AnyTask) -> Result<Exchange, Failure> {
    let (kind, options) = (task.kind(), options(&app.settings()?));
    let failed = |error: &Error| Failure::of_account(error, &options);
    let client = &mut connection.client;
    let exchange = if kind.is_safe_to_repeat() {
        client.exchange(task).map_err(|why| failed(&why.into()))?
    } else {
        let mut journal = connection.home.journal()?;
        let mut not_recorded = |error: &Error| say(&format!("certgate: warning: {error}"));
        journal.exchange(client, task, &mut not_recorded).map_err(|error| {
            let id = client.options().ctid.as_deref().filter(|_| error.leaves_outcome_open());
            match id.and_then(|id| journal.find(id).ok().flatten()) {
                Some(record) => {
                    let resume = resume(&options, &record.order.id);
                    failed(&error).with("order", order(&record)).with("resume", json!(resume))
                }
                None => failed(&error),
            }
        })?
    };
    client.accepted(kind, exchange).map_err(|why| failed(&why.into()))
}
