//! Payloads of files: read, and shown as documents.

use std::path::Path;

use certgate::{
    Settings,
    payload::{self, PayloadHints, PayloadKind, Side},
};
use certgate_domain::{AnyData, Call, Protocol, Response, TaskKind};
use certgate_json::JsonCodec;
use certgate_wire::{Body, Codec, DecodeError, Decoded, Finding, Method, Reply, Request};
use certgate_xml::XmlCodec;
use serde_json::{Value, json};

use crate::{
    exit::Failure,
    streams::input,
    ui::{document, payload::unrecognized},
};

/// A payload's values, each with what was odd about it.
pub(crate) enum Payload {
    Requests(Vec<Decoded<Call>>),
    /// The answers, with the task of each.
    Responses(Vec<(TaskKind, Decoded<Response<AnyData>>)>),
}

/// Reads a file, or standard input for `-`: one byte more than the limit at most, for the codec to refuse.
pub(crate) fn read_file(path: &Path, limit: usize) -> Result<Vec<u8>, Failure> {
    input(path, limit as u64 + 1).map_err(|why| Failure::usage(format!("{}: {why}", path.display())))
}

/// The codecs of both protocols, as the settings want them.
pub(crate) struct Codecs {
    xml: XmlCodec,
    json: JsonCodec,
}

impl Codecs {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Failure> {
        Ok(Self { xml: settings.xml_codec()?, json: settings.json_codec() })
    }

    pub(crate) fn of(&self, protocol: Protocol) -> &dyn Codec {
        match protocol {
            Protocol::Xml => &self.xml,
            Protocol::Json => &self.json,
        }
    }

    /// What the payload of a file is.
    pub(crate) fn recognize(&self, hints: PayloadHints, file: &Path, bytes: &[u8]) -> Result<PayloadKind, Failure> {
        payload::recognize(&self.xml, &self.json, hints, bytes).map_err(|error| unrecognized(file, &error))
    }
}

/// Reads a payload of that kind.
pub(crate) fn decode_payload(codecs: &Codecs, kind: &PayloadKind, bytes: &[u8]) -> Result<Payload, DecodeError> {
    match kind.side {
        Side::Request => {
            decode_requests(codecs, kind, bytes).into_iter().collect::<Result<_, _>>().map(Payload::Requests)
        }
        Side::Response => {
            let answers = codecs.of(kind.protocol).decode_answers(&kind.tasks, &Reply::of(bytes.to_vec()))?;
            let with_task = |(at, answer)| Some((*kind.tasks.get(at).or(kind.tasks.last())?, answer));
            Ok(Payload::Responses(answers.into_iter().enumerate().filter_map(with_task).collect()))
        }
    }
}

/// The requests of a file, each read or refused by itself.
pub(crate) fn decode_requests(
    codecs: &Codecs,
    kind: &PayloadKind,
    bytes: &[u8],
) -> Vec<Result<Decoded<Call>, DecodeError>> {
    let task = kind.tasks.first().copied();
    if kind.protocol == Protocol::Json {
        return certgate_json::text::decode_texts(&codecs.json, task, bytes);
    }
    let request =
        Request { method: Method::Post, target: String::new(), headers: Vec::new(), body: Body(bytes.to_vec()) };
    codecs.xml.decode_tasks(task, &request)
}

impl Payload {
    /// One document a task or result, of a payload of that protocol.
    pub(crate) fn documents(&self, protocol: Protocol) -> Vec<Value> {
        match self {
            Self::Requests(calls) => calls
                .iter()
                .map(|Decoded { value, findings }| {
                    json!({
                        "protocol": protocol.name(), "task": value.task.kind().name(), "side": "request",
                        "value": certgate_json::document::request(value),
                        "options": certgate_json::document::options(&value.options),
                        "findings": document::findings(findings),
                    })
                })
                .collect(),
            Self::Responses(answers) => answers
                .iter()
                .map(|(task, Decoded { value, findings })| {
                    json!({
                        "protocol": protocol.name(), "task": task.name(), "side": "response",
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
            Self::Responses(answers) => answers.iter().flat_map(|(_, answer)| answer.findings.clone()).collect(),
        }
    }
}
