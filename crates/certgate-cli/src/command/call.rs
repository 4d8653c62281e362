//! `certgate call`, and sending one task in general.

use std::path::PathBuf;

use certgate_client::Exchange;
use certgate_domain::{AnyTask, TaskKind};
use certgate_json::JsonCodec;
use certgate_wire::{Body, Codec, Request};
use clap::Args;

use crate::{
    arguments::Global,
    command::decode::{read_file, task_kind},
    connection::Connection,
    document,
    failure::Failure,
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
}

impl Call {
    pub(crate) fn run(self, global: &Global) -> Result<u8, Failure> {
        let (method, route) = certgate_json::route::route(self.task);
        let body = match &self.data {
            Some(path) => read_file(path, certgate_wire::Limits::BODY)?,
            None => Vec::new(),
        };
        let target = match self.id {
            Some(id) => route.replace("{id}", &id.to_string()),
            None => route.to_owned(),
        };
        let request = Request { method, target, headers: Vec::new(), body: Body(body) };
        let mut calls = JsonCodec::default()
            .decode_requests(Some(self.task), &request)
            .map_err(|error| Failure::usage(format!("--data: {error}")))?;
        let call = calls.pop().ok_or_else(|| Failure::usage("--data: no task"))?;
        if let Some(finding) = call.findings.first() {
            return Err(Failure::usage(format!("--data: {finding}: expected a field of the JSON API")));
        }
        send(global, &call.value.task)?;
        Ok(0)
    }
}

/// Sends one task and shows its answer.
pub(crate) fn send(global: &Global, task: &AnyTask) -> Result<Exchange, Failure> {
    let exchange = exchange(global, task)?;
    document::answer(global, &exchange)?;
    Ok(exchange)
}

/// Sends one task.
pub(crate) fn exchange(global: &Global, task: &AnyTask) -> Result<Exchange, Failure> {
    let mut connection = Connection::open(global, None)?;
    if global.verbose {
        eprintln!("certgate: sending {} ({})", task.kind().name(), task.kind().code());
    }
    let exchange = connection.client.exchange(task)?;
    Ok(connection.client.accepted(task.kind(), exchange)?)
}
