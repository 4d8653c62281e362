//! `certgate call`, and sending one task in general.

use std::path::{Path, PathBuf};

use certgate::{Exchange, Intent, Kind};
use certgate_domain::{AnyTask, Options, TaskKind, Verdict};
use certgate_json::JsonCodec;
use certgate_wire::{Body, Codec, Request};
use clap::Args;
use serde_json::json;

use crate::{
    args::Global,
    command::decode::{read_file, task_kind},
    connection::Connection,
    exit::Failure,
    ui::document,
    ui::streams::say,
};

/// Send any task, its data in the JSON API's shape
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate call certificate-info --id 571 --sandbox
  echo '{\"plain\":\"…\",\"product\":\"QUICKSSLPREMIUM\"}' | certgate call certificate-prepare-order --data -")]
pub(crate) struct Call {
    /// The task's name, as `certgate tasks` lists it
    #[arg(value_parser = task_kind)]
    task: TaskKind,
    /// The id that JSON has in the path
    #[arg(long, allow_negative_numbers = true)]
    id: Option<i64>,
    /// The data, a JSON object; - for standard input
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Ask for that detail or feature as well, such as dnsProvisioning
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<String>,
}

impl Call {
    pub(crate) fn run(self, global: &Global) -> Result<u8, Failure> {
        let task = read_task(global, self.task, self.id, self.data.as_deref())?;
        let exchange = exchange_with(global, &task, |options| options.keys = self.keys)?;
        document::answer(global, &exchange)?;
        if exchange.answer.value.verdict() != Some(Verdict::Accepted) {
            return Ok(0);
        }
        let job = exchange.answer.value.job_id();
        let which = job.map_or(String::new(), |job| format!(" {job}"));
        say(&format!("certgate: accepted and not finished: carry on with: certgate resume{which}"));
        Ok(Kind::Pending.exit_code())
    }
}

/// A task made of an id and data in the JSON API's shape.
pub(crate) fn read_task(
    global: &Global,
    kind: TaskKind,
    id: Option<i64>,
    data: Option<&Path>,
) -> Result<AnyTask, Failure> {
    if global.password_stdin && data == Some(Path::new("-")) {
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
pub(crate) fn send(global: &Global, task: &AnyTask) -> Result<Exchange, Failure> {
    let exchange = exchange(global, task)?;
    document::answer(global, &exchange)?;
    Ok(exchange)
}

/// Sends one task.
pub(crate) fn exchange(global: &Global, task: &AnyTask) -> Result<Exchange, Failure> {
    exchange_with(global, task, |_| ())
}

/// Sends one task with options of its own.
pub(crate) fn exchange_with(
    global: &Global,
    task: &AnyTask,
    options: impl FnOnce(&mut Options),
) -> Result<Exchange, Failure> {
    let mut connection = Connection::open(global, None)?;
    options(connection.client.options_mut());
    if global.verbose {
        say(&format!("certgate: sending {} ({})", task.kind().name(), task.kind().code()));
    }
    let kind = task.kind();
    if kind.is_safe_to_repeat() {
        let exchange = connection.client.exchange(task)?;
        return Ok(connection.client.accepted(kind, exchange)?);
    }
    // Written down before it leaves, as an order is: lost in between, it can be found.
    let mut journal = connection.journal()?;
    let id = connection.client.options().ctid.clone().unwrap_or_default();
    journal.record_intent(&id, task, &Intent::default())?;
    let sent = connection.client.exchange(task);
    if let Err(error) = journal.record_outcome(&id, kind, sent.as_ref().map(|exchange| &exchange.answer.value)) {
        say(&format!("certgate: warning: {error}"));
    }
    let sent = sent.map_err(|error| {
        let is_open = error.leaves_outcome_open();
        let failure = Failure::from(error);
        if is_open { failure.with("order", json!({ "id": id, "ctid": id, "state": "unknown" })) } else { failure }
    })?;
    Ok(connection.client.accepted(kind, sent)?)
}
