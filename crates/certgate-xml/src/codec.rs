//! The codec: one protocol, both sides of it.

use std::borrow::Cow;

use certgate_domain::{AnyData, Call, Moment, Protocol, Response, SslContact, TaskKind, Verdict};
use certgate_wire::{
    Answer, Body, BodyKind, Codec, DecodeError, Decoded, Encoded, Finding, FindingKind, Header, Limits, Method, Reply,
    Request, TaskPart,
};
use jiff::tz::TimeZone;

use crate::{
    element::{Element, Reading},
    encoding,
    envelope::{self, Parts},
    nodes::Tree,
    out::Out,
    redact::redact,
    salvage, split,
    value::later_reading,
};

/// The codec of the XML gateway's protocol. Its times have no zone; the codec's zone applies (default: Europe/Berlin).
#[derive(Debug, Clone)]
pub struct XmlCodec {
    zone: TimeZone,
    limits: Limits,
}

impl XmlCodec {
    /// Creates a codec that reads and writes times in that zone.
    pub fn new(zone: TimeZone) -> Self {
        Self { zone, limits: Limits::default() }
    }

    /// Creates a codec for the zone of that name, such as `Europe/Berlin`; `None` if there is no such zone.
    pub fn in_zone(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self::new)
    }

    /// Sets the limits for decoding.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Encodes calls of the same sender, owner and language as one request.
    fn joined(&self, calls: &[Call]) -> Encoded<Request> {
        let mut out = Out::new(PROLOG, &self.zone);
        envelope::write_request(&mut out, calls);
        let (body, losses) = out.finish();
        let headers = vec![
            Header::plain("Content-Type", "application/xml; charset=utf-8"),
            Header::plain("Accept", "application/xml, text/xml"),
        ];
        let payload = Request { method: Method::Post, target: String::new(), headers, body: Body(body) };
        Encoded { payload, losses }
    }

    /// A body within the limit, as text.
    fn text<'b>(&self, body: &'b [u8], content_type: Option<&str>) -> Result<Cow<'b, str>, DecodeError> {
        if body.len() > self.limits.body {
            let found = format!("more than {} bytes", self.limits.body);
            return Err(DecodeError::new("body", found, "a body within the limit").at(body, self.limits.body));
        }
        encoding::text(body, content_type)
    }

    fn decode<T>(
        &self,
        body: &[u8],
        content_type: Option<&str>,
        is_usual: impl FnOnce(&str) -> bool,
        read: impl FnOnce(&Element<'_, '_>) -> Result<Parts<T>, DecodeError>,
    ) -> Result<Vec<Result<Decoded<T>, DecodeError>>, DecodeError> {
        let text = self.text(body, content_type)?;
        let tree = Tree::parse(&text, self.limits)?;
        let reading = Reading::new(&tree, &self.zone);
        let parts = read(&reading.root())?;
        let is_odd = content_type.is_some_and(|content_type| !is_usual(&essence(content_type)));
        Ok(with_findings(parts, reading, is_odd))
    }
}

impl Default for XmlCodec {
    fn default() -> Self {
        Self::in_zone("Europe/Berlin").unwrap_or_else(|| Self::new(TimeZone::UTC))
    }
}

const PROLOG: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
const ANSWER_PROLOG: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="no"?>"#;

impl Codec for XmlCodec {
    fn protocol(&self) -> Protocol {
        Protocol::Xml
    }

    fn encode_request(&self, call: &Call) -> Encoded<Request> {
        self.joined(std::slice::from_ref(call))
    }

    fn encode_requests(&self, calls: &[Call]) -> Encoded<Vec<Request>> {
        let of_one_head = calls.chunk_by(envelope::share_request);
        let requests = of_one_head.flat_map(|calls| calls.chunks(Limits::DOCUMENTS)).map(|calls| self.joined(calls));
        let (payload, losses): (_, Vec<_>) = requests.map(|request| (request.payload, request.losses)).unzip();
        Encoded { payload, losses: losses.concat() }
    }

    fn decode_answers(
        &self,
        kinds: &[TaskKind],
        reply: &Reply,
    ) -> Result<Vec<Decoded<Response<AnyData>>>, DecodeError> {
        let read = |root: &Element<'_, '_>| envelope::read_response(root, kinds);
        let answers = self.decode(&reply.body, reply.header("content-type"), is_xml, read)?;
        let with_contact = |(index, answer): (usize, Result<_, _>)| {
            let answer = answer?;
            Ok(match envelope::kind_at(kinds, index) {
                Some(kind) => with_contact(kind, answer),
                None => answer,
            })
        };
        answers.into_iter().enumerate().map(with_contact).collect()
    }

    fn body_kind(&self, body: &[u8]) -> Result<BodyKind, DecodeError> {
        split::body_kind(&self.text(body, None)?, self.limits)
    }

    fn decode_tasks(&self, expected: Option<TaskKind>, request: &Request) -> Vec<Result<Decoded<Call>, DecodeError>> {
        let read = |root: &Element<'_, '_>| envelope::read_request(root, expected);
        let is_usual = |essence: &str| is_xml(essence) || essence == FORM;
        self.decode(&request.body, request.header("content-type"), is_usual, read)
            .unwrap_or_else(|refusal| vec![Err(refusal)])
    }

    fn split_request(&self, request: &Request) -> Result<Vec<TaskPart>, DecodeError> {
        let text = self.text(&request.body, request.header("content-type"))?;
        split::tasks(&request.body, &text, self.limits)
    }

    fn split_reply(&self, reply: &Reply) -> Result<Vec<String>, DecodeError> {
        let text = self.text(&reply.body, reply.header("content-type"))?;
        split::results(&text, self.limits)
    }

    fn encode_answers(&self, answers: &[Answer<'_>]) -> Encoded<Reply> {
        let mut out = Out::new(ANSWER_PROLOG, &self.zone);
        envelope::write_response(&mut out, answers);
        let (body, losses) = out.finish();
        let headers = vec![("Content-Type".to_owned(), "text/xml; charset=UTF-8".to_owned())];
        Encoded { payload: Reply { status: 200, headers, body: Body(body) }, losses }
    }

    fn redact(&self, body: &[u8]) -> Vec<u8> {
        redact(body)
    }

    fn undecoded_message(&self, body: &[u8]) -> Option<i64> {
        salvage::message_id(body)
    }

    fn later_reading(&self, moment: &Moment) -> Option<i64> {
        later_reading(moment, &self.zone)
    }
}

/// XML names a contact that was created or changed in the status only.
fn with_contact(kind: TaskKind, mut answer: Decoded<Response<AnyData>>) -> Decoded<Response<AnyData>> {
    let Response { status, object, data, .. } = &mut answer.value;
    let is_about_one = matches!(kind, TaskKind::ContactCreate | TaskKind::ContactUpdate);
    if is_about_one && data.is_empty() && status.verdict() == Some(Verdict::Done) {
        let id = object.as_ref().and_then(|object| object.value.as_ref()?.trim().parse().ok());
        data.extend(id.map(|id| AnyData::from(SslContact { id: Some(id), ..SslContact::default() })));
    }
    answer
}

/// The content type that HTTP libraries give to a body that they are told nothing about: many clients send their requests so.
const FORM: &str = "application/x-www-form-urlencoded";

/// A content type without its parameters, in lower case.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_xml(essence: &str) -> bool {
    essence.ends_with("/xml") || essence.ends_with("+xml")
}

/// Gives each value the findings of its part of the body. The first value gets those outside of all parts; those of a refused part
/// are dropped.
fn with_findings<T>(
    parts: Parts<T>,
    reading: Reading<'_>,
    is_of_odd_type: bool,
) -> Vec<Result<Decoded<T>, DecodeError>> {
    let mut findings = reading.findings();
    if is_of_odd_type {
        let path = "header.content-type".to_owned();
        findings.insert(0, Finding { kind: FindingKind::Value, path, place: None });
    }
    let mut decoded: Vec<Result<Decoded<T>, DecodeError>> = Vec::new();
    for (path, part) in parts {
        let inside = |finding: &Finding| {
            finding.path.strip_prefix(path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let (own, others) = findings.into_iter().partition(inside);
        findings = others;
        decoded.push(part.map(|value| Decoded { value, findings: own }));
    }
    if let Some(first) = decoded.iter_mut().flatten().next() {
        findings.append(&mut first.findings);
        first.findings = findings;
    }
    decoded
}
