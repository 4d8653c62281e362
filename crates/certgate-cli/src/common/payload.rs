//! Payloads of files: read, and shown as documents.

use std::{fs, io::Read, path::Path};

use certgate::Settings;
use certgate_domain::{Call, Protocol, TaskKind};
use certgate_json::JsonCodec;
use certgate_wire::{Body, Codec, DecodeError, Decoded, Finding, Method, Reply, Request};
use serde_json::{Value, json};

use crate::{
    app::App,
    args::Side,
    exit::{Failure, Kind},
    ui::document,
};

/// A payload's values, each with what was odd about it.
pub(crate) enum Payload {
    Requests(Vec<Decoded<Call>>),
    Responses(TaskKind, Vec<Decoded<certgate_domain::Response<certgate_domain::AnyData>>>),
}

pub(crate) fn task_kind(name: &str) -> Result<TaskKind, String> {
    TaskKind::by_name(name).ok_or_else(|| {
        let names: Vec<&str> = TaskKind::ALL.iter().map(|kind| kind.name()).collect();
        format!("no task of that name; expected one of {}", names.join(", "))
    })
}

/// Reads a file, or standard input for `-`: one byte more than the limit at most, for the codec to refuse.
pub(crate) fn read_file(path: &Path, limit: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let most = limit as u64 + 1;
    let read = if path == Path::new("-") {
        std::io::stdin().take(most).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map_err(|why| Failure::usage(format!("{}: {why}", path.display())))?;
    Ok(bytes)
}

/// Reads a payload of a protocol.
pub(crate) fn read_payload(
    app: &App,
    protocol: Protocol,
    task: Option<TaskKind>,
    side: Side,
    file: &Path,
) -> Result<Payload, Failure> {
    let settings = app.settings()?;
    let bytes = read_file(file, settings.limits().body)?;
    let codec = settings.codec(protocol)?;
    decode_payload(&settings, &*codec, Expected::of(side, task)?, &bytes).map_err(|error| undecodable(file, &error))
}

/// A file that cannot be understood.
pub(crate) fn undecodable(file: &Path, error: &DecodeError) -> Failure {
    Failure::new(Kind::Undecodable, format!("{}: {error}", file.display()))
}

/// What a payload is to be.
#[derive(Clone, Copy)]
pub(crate) enum Expected {
    /// Requests, of a task that they need not say.
    Requests(Option<TaskKind>),
    Responses(TaskKind),
}

impl Expected {
    pub(crate) fn of(side: Side, task: Option<TaskKind>) -> Result<Self, Failure> {
        match (side, task) {
            (Side::Request, task) => Ok(Self::Requests(task)),
            (Side::Response, Some(task)) => Ok(Self::Responses(task)),
            (Side::Response, None) => Err(Failure::usage("--task is missing: a response does not say its task")),
        }
    }
}

/// A payload of a protocol.
pub(crate) fn decode_payload(
    settings: &Settings,
    codec: &dyn Codec,
    expected: Expected,
    bytes: &[u8],
) -> Result<Payload, DecodeError> {
    match expected {
        Expected::Requests(task) => {
            decode_requests(settings, codec, task, bytes).into_iter().collect::<Result<_, _>>().map(Payload::Requests)
        }
        Expected::Responses(task) => {
            Ok(Payload::Responses(task, codec.decode_responses(task, &Reply::of(bytes.to_vec()))?))
        }
    }
}

/// The requests of a file, each read or refused by itself.
pub(crate) fn decode_requests(
    settings: &Settings,
    codec: &dyn Codec,
    task: Option<TaskKind>,
    bytes: &[u8],
) -> Vec<Result<Decoded<Call>, DecodeError>> {
    if codec.protocol() == Protocol::Json {
        let codec = JsonCodec::new(settings.routes.value).with_limits(settings.limits());
        return certgate_json::text::decode_texts(&codec, task, bytes);
    }
    let request =
        Request { method: Method::Post, target: String::new(), headers: Vec::new(), body: Body(bytes.to_vec()) };
    codec.decode_tasks(task, &request)
}

impl Payload {
    /// One document a task or result.
    pub(crate) fn documents(&self) -> Vec<Value> {
        match self {
            Self::Requests(calls) => calls
                .iter()
                .map(|Decoded { value, findings }| {
                    json!({
                        "task": value.task.kind().name(), "side": "request",
                        "value": certgate_json::document::request(value),
                        "options": certgate_json::document::options(&value.options),
                        "findings": document::findings(findings),
                    })
                })
                .collect(),
            Self::Responses(task, answers) => answers
                .iter()
                .map(|Decoded { value, findings }| {
                    json!({
                        "task": task.name(), "side": "response",
                        "value": certgate_json::document::response(value),
                        "options": {},
                        "findings": document::findings(findings),
                    })
                })
                .collect(),
        }
    }

    /// All findings.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        match self {
            Self::Requests(calls) => calls.iter().flat_map(|call| call.findings.clone()).collect(),
            Self::Responses(_, answers) => answers.iter().flat_map(|answer| answer.findings.clone()).collect(),
        }
    }
}
