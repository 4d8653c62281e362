//! Payloads of one protocol turned into the other's.

use std::path::Path;

use certgate::Settings;
use certgate_domain::{Call, Credentials, Protocol, Secret, TaskKind};
use certgate_wire::{Codec, DecodeError, Encoded, Finding, FindingKind, Loss, Request};
use serde_json::Value;

use crate::{
    args::Side,
    common::{
        payload::{Expected, Payload, decode_payload, decode_requests, read_file, undecodable},
        placeholders::Placeholders,
    },
    exit::Failure,
    ui::{conversion::Converted, curl},
};

pub(crate) mod files;

/// What payloads are, and the protocol that they are turned into.
pub(crate) struct Conversion {
    pub(crate) from: Protocol,
    pub(crate) to: Protocol,
    /// The task, where it was given.
    pub(crate) task: Option<TaskKind>,
    pub(crate) side: Side,
}

impl Conversion {
    /// Reads a file, or standard input for `-`, and turns its payload into the other protocol's.
    pub(crate) fn convert(&self, settings: &Settings, file: &Path) -> Result<Converted, Failure> {
        let expected = Expected::of(self.side, self.task)?;
        let code = self.task.filter(|_| self.from == Protocol::Xml).map(TaskKind::code);
        let (bytes, mut placeholders) = Placeholders::of(read_file(file, settings.limits().body)?, code);
        let source = settings.codec(self.from)?;
        let read = |bytes: &[u8]| readable(settings, &*source, expected, bytes);
        let (payload, refused) = read(&bytes).map_err(|error| undecodable(file, &placeholders.in_error(error)))?;
        let odd_then = |bytes: &[u8]| Some(odd(&read(bytes).ok()?.0.findings()));
        let odd = placeholders.find_booleans(&bytes, odd(&payload.findings()), &odd_then);
        let Converted { text, curl, losses, mut findings } =
            self.converted(&*settings.codec(self.to)?, settings, &payload);
        findings.retain(|finding| finding.kind != FindingKind::Value || odd.contains(&finding.path));
        let refused = refused
            .into_iter()
            .map(|(at, error)| Loss::new(format!("task[{at}]"), placeholders.in_error(error).to_string()));
        Ok(Converted {
            text: placeholders.put_back(&text),
            curl: curl.iter().map(|line| placeholders.put_back(line)).collect(),
            losses: losses
                .iter()
                .map(|loss| placeholders.in_loss(loss))
                .chain(placeholders.loss())
                .chain(refused)
                .collect(),
            findings: findings.into_iter().map(|finding| placeholders.in_finding(finding)).collect(),
        })
    }

    fn converted(&self, target: &dyn Codec, settings: &Settings, payload: &Payload) -> Converted {
        let findings = payload.findings();
        // What was not understood cannot be carried over.
        let mut losses: Vec<Loss> = findings
            .iter()
            .filter(|finding| finding.kind == FindingKind::Unknown)
            .map(|finding| Loss::new(&finding.path, "unknown, so the other protocol's name for it is not known"))
            .collect();
        match payload {
            Payload::Requests(calls) => {
                let named: Vec<Call> = calls.iter().map(|call| named(&call.value, self.to)).collect();
                let Encoded { payload: requests, losses: lost } = target.encode_requests(&named);
                losses.extend(lost);
                let endpoint = &settings.endpoint(self.to).value;
                let shown = |request: &Request| match self.to {
                    Protocol::Json => (certgate_json::text::write(request), curl::json(endpoint, request)),
                    Protocol::Xml => {
                        let text = String::from_utf8_lossy(&request.body).into_owned();
                        let curl = curl::xml(endpoint, &text);
                        (text, curl)
                    }
                };
                let (texts, curl): (Vec<String>, Vec<String>) = requests.iter().map(shown).unzip();
                let (tasks, count) = (calls.len(), texts.len());
                if count > 1 && self.from == Protocol::Xml {
                    let why = format!(
                        "JSON has one task a request: the {tasks} tasks are {count} requests here, one after the other"
                    );
                    losses.push(Loss::new("task", why));
                } else if count > 1 && self.to == Protocol::Xml {
                    let why = format!(
                        "not all are for the same subuser: they are {count} requests here, one after the other"
                    );
                    losses.push(Loss::new("owner", why));
                }
                Converted { text: texts.join("\n"), curl, losses, findings }
            }
            Payload::Responses(task, answers) => {
                let answers: Vec<_> = answers.iter().map(|answer| (*task, answer.value.clone())).collect();
                let Encoded { payload, losses: lost } = target.encode_responses(&answers);
                losses.extend(lost);
                let text = pretty(String::from_utf8_lossy(&payload.body).into_owned(), self.to);
                Converted { text, curl: Vec::new(), losses, findings }
            }
        }
    }
}

/// The payload; of several requests those that can be read, and why the others cannot.
fn readable(
    settings: &Settings,
    codec: &dyn Codec,
    expected: Expected,
    bytes: &[u8],
) -> Result<(Payload, Vec<(usize, DecodeError)>), DecodeError> {
    let Expected::Requests(task) = expected else {
        return Ok((decode_payload(settings, codec, expected, bytes)?, Vec::new()));
    };
    let (mut calls, mut refused) = (Vec::new(), Vec::new());
    for (at, read) in decode_requests(settings, codec, task, bytes).into_iter().enumerate() {
        match read {
            Ok(call) => calls.push(call),
            Err(error) => refused.push((at, error)),
        }
    }
    if calls.is_empty() && !refused.is_empty() {
        return Err(refused.swap_remove(0).1);
    }
    Ok((Payload::Requests(calls), refused))
}

/// The paths of what is not of its documented type.
fn odd(findings: &[Finding]) -> Vec<String> {
    findings.iter().filter(|finding| finding.kind == FindingKind::Value).map(|finding| finding.path.clone()).collect()
}

/// A call with the credentials as on the documented page; JSON's are headers and stay out, but for a login's.
fn named(call: &Call, to: Protocol) -> Call {
    let placeholders = Credentials::new("USER", Secret::new("PASSWORD"), "CONTEXT");
    let named = to == Protocol::Xml || call.task.kind() == TaskKind::SessionCreate;
    Call { identity: named.then_some(placeholders.into()), ..call.clone() }
}

fn pretty(text: String, protocol: Protocol) -> String {
    match (protocol, serde_json::from_str::<Value>(&text)) {
        (Protocol::Json, Ok(value)) => format!("{value:#}\n"),
        _ => text,
    }
}
