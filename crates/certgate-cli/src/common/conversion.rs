//! Payloads of one protocol turned into the other's.

use std::path::Path;

use certgate::{
    payload::{PayloadHints, PayloadKind, Side},
    tape,
};
use certgate_domain::{Call, Credentials, Protocol, Secret, TaskKind};
use certgate_wire::{Codec, DecodeError, Encoded, Finding, FindingKind, Loss, Request};
use serde_json::Value;

use crate::{
    app::App,
    common::{
        payload::{Codecs, Payload, decode_payload, decode_requests, read_file},
        placeholders::Placeholders,
    },
    exit::Failure,
    ui::{conversion::Converted, curl, payload::undecodable},
};

pub(crate) mod files;

/// What is known of payloads, and what they are turned into.
pub(crate) struct Conversion {
    hints: PayloadHints,
    /// The protocol that they are turned into; without it each one's other.
    to: Option<Protocol>,
    /// Whether XML is written on several lines.
    pretty: bool,
    codecs: Codecs,
    /// The most that is read of a file.
    limit: usize,
    /// The gateway's addresses: over XML, over JSON.
    endpoints: [String; 2],
}

/// A payload file that was read: what it is, and what stands in its places.
struct Source {
    kind: PayloadKind,
    /// What it is turned into.
    to: Protocol,
    bytes: Vec<u8>,
    placeholders: Placeholders,
}

impl Conversion {
    /// The conversion as the settings want it. `pretty` is whether XML is written on several lines.
    pub(crate) fn new(app: &App, hints: PayloadHints, to: Option<Protocol>, pretty: bool) -> Result<Self, Failure> {
        // An address that is given is that of what comes out.
        let [xml, json] = [Protocol::Xml, Protocol::Json].map(|to| app.settings_over(Some(to)));
        let (xml, json) = (xml?, json?);
        let endpoints = [xml.endpoint(Protocol::Xml), json.endpoint(Protocol::Json)].map(|found| found.value.clone());
        let (codecs, limit) = (Codecs::new(&xml)?, xml.limits().body);
        Ok(Self { hints, to, pretty, codecs, limit, endpoints })
    }

    /// Reads a file, or standard input for `-`, and says what it is.
    fn read(&self, file: &Path) -> Result<Source, Failure> {
        let code = self.hints.task.map(TaskKind::code);
        let (bytes, placeholders) = Placeholders::of(read_file(file, self.limit)?, code);
        let kind = self.codecs.recognize(self.hints, file, &bytes)?;
        let to = self.to.unwrap_or(kind.protocol.other());
        Ok(Source { kind, to, bytes, placeholders })
    }

    /// Reads a file, or standard input for `-`, and turns its payload into the other protocol's.
    pub(crate) fn convert(&self, file: &Path) -> Result<Converted, Failure> {
        let source = self.read(file)?;
        self.refuse_idle(&[source.to])?;
        self.converted(file, source)
    }

    /// Refuses what would do nothing to payloads that are turned into these.
    fn refuse_idle(&self, to: &[Protocol]) -> Result<(), Failure> {
        if self.pretty && to.contains(&Protocol::Json) && !to.contains(&Protocol::Xml) {
            return Err(Failure::usage(
                "--pretty is for XML, and what comes out is JSON, which always is on several lines: leave it out",
            ));
        }
        Ok(())
    }

    /// Turns a file's payload into the other protocol's.
    fn converted(&self, file: &Path, source: Source) -> Result<Converted, Failure> {
        let Source { kind, to, bytes, mut placeholders } = source;
        let read = |bytes: &[u8]| readable(&self.codecs, &kind, bytes);
        let (payload, refused) = read(&bytes).map_err(|error| undecodable(file, &placeholders.in_error(error)))?;
        let odd_then = |bytes: &[u8]| Some(odd(&read(bytes).ok()?.0.findings()));
        let odd = placeholders.find_booleans(&bytes, odd(&payload.findings()), &odd_then);
        let Parts { text, curl, losses, mut findings } = self.parts(self.codecs.of(to), &kind, &payload);
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
            kind,
            to,
        })
    }

    fn parts(&self, target: &dyn Codec, kind: &PayloadKind, payload: &Payload) -> Parts {
        let to = target.protocol();
        let findings = payload.findings();
        // What was not understood cannot be carried over.
        let mut losses: Vec<Loss> = findings
            .iter()
            .filter(|finding| finding.kind == FindingKind::Unknown)
            .map(|finding| Loss::new(&finding.path, "unknown, so the other protocol's name for it is not known"))
            .collect();
        match payload {
            Payload::Requests(calls) => {
                let named: Vec<Call> = calls.iter().map(|call| named(&call.value, to)).collect();
                let Encoded { payload: requests, losses: lost } = target.encode_requests(&named);
                losses.extend(lost);
                let [over_xml, over_json] = &self.endpoints;
                let shown = |request: &Request| match to {
                    Protocol::Json => (certgate_json::text::write(request), curl::json(over_json, request)),
                    Protocol::Xml => {
                        let text = String::from_utf8_lossy(&request.body).into_owned();
                        let curl = curl::xml(over_xml, &text);
                        (self.laid_out(text, to), curl)
                    }
                };
                let (texts, curl): (Vec<String>, Vec<String>) = requests.iter().map(shown).unzip();
                let (tasks, count) = (calls.len(), texts.len());
                if count > 1 && kind.protocol == Protocol::Xml {
                    let why = format!(
                        "JSON has one task a request: the {tasks} tasks are {count} requests here, one after the other"
                    );
                    losses.push(Loss::new("task", why));
                } else if count > 1 && to == Protocol::Xml {
                    let why = format!(
                        "not all are for the same subuser: they are {count} requests here, one after the other"
                    );
                    losses.push(Loss::new("owner", why));
                }
                Parts { text: texts.join("\n"), curl, losses, findings }
            }
            Payload::Responses(answers) => {
                let answers: Vec<_> = answers.iter().map(|(task, answer)| (*task, answer.value.clone())).collect();
                let Encoded { payload, losses: lost } = target.encode_responses(&answers);
                losses.extend(lost);
                let text = self.laid_out(String::from_utf8_lossy(&payload.body).into_owned(), to);
                Parts { text, curl: Vec::new(), losses, findings }
            }
        }
    }

    /// JSON on several lines, and XML where that is asked for.
    fn laid_out(&self, text: String, protocol: Protocol) -> String {
        match (protocol, serde_json::from_str::<Value>(&text)) {
            (Protocol::Json, Ok(value)) => format!("{value:#}\n"),
            (Protocol::Xml, _) if self.pretty => {
                String::from_utf8_lossy(&tape::spread(text.into_bytes(), protocol)).into_owned()
            }
            _ => text,
        }
    }
}

/// What comes of a payload, with numbers in the places of its placeholders.
struct Parts {
    text: String,
    curl: Vec<String>,
    losses: Vec<Loss>,
    findings: Vec<Finding>,
}

/// The payload; of several requests those that can be read, and why the others cannot.
fn readable(
    codecs: &Codecs,
    kind: &PayloadKind,
    bytes: &[u8],
) -> Result<(Payload, Vec<(usize, DecodeError)>), DecodeError> {
    if kind.side == Side::Response {
        return Ok((decode_payload(codecs, kind, bytes)?, Vec::new()));
    }
    let (mut calls, mut refused) = (Vec::new(), Vec::new());
    for (at, read) in decode_requests(codecs, kind, bytes).into_iter().enumerate() {
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
