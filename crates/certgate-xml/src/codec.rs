//! The codec: one protocol, both sides of it.

use certgate_domain::{AnyData, Call, Protocol, Response, TaskKind};
use certgate_wire::{
    Body, Codec, DecodeError, Decoded, Encoded, Finding, FindingKind, Header, Limits, Method, Reply, Request,
};
use jiff::tz::TimeZone;

use crate::{element::Reading, envelope, nodes::Tree, out::Out, redact::redact};

/// The XML gateway's protocol. Times in it have no zone: the codec's is taken, Europe/Berlin unless told.
#[derive(Debug, Clone)]
pub struct XmlCodec {
    zone: TimeZone,
    limits: Limits,
}

impl XmlCodec {
    /// With times in that zone.
    pub fn new(zone: TimeZone) -> Self {
        Self { zone, limits: Limits::default() }
    }

    /// With times in the zone of that name, such as `Europe/Berlin`; `None` where there is none.
    pub fn in_zone(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self::new)
    }

    /// With these bounds on what is read.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
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
        let mut out = Out::new(PROLOG, &self.zone);
        envelope::write_request(&mut out, call);
        let (body, losses) = out.finish();
        let headers = vec![
            Header::plain("Content-Type", "application/xml; charset=utf-8"),
            Header::plain("Accept", "application/xml, text/xml"),
        ];
        let payload = Request { method: Method::Post, target: String::new(), headers, body: Body(body) };
        Encoded { payload, losses }
    }

    fn decode_responses(&self, kind: TaskKind, reply: &Reply) -> Result<Vec<Decoded<Response<AnyData>>>, DecodeError> {
        let tree = Tree::parse(&reply.body, self.limits)?;
        let reading = Reading::new(&tree, &self.zone);
        let answers = envelope::read_response(&reading.root(), kind)?;
        Ok(with_findings(answers, reading, reply.header("content-type")))
    }

    fn decode_requests(
        &self,
        expected: Option<TaskKind>,
        request: &Request,
    ) -> Result<Vec<Decoded<Call>>, DecodeError> {
        let tree = Tree::parse(&request.body, self.limits)?;
        let reading = Reading::new(&tree, &self.zone);
        let calls = envelope::read_request(&reading.root(), expected)?;
        Ok(with_findings(calls, reading, request.header("content-type")))
    }

    fn encode_responses(&self, responses: &[(TaskKind, Response<AnyData>)]) -> Encoded<Reply> {
        let mut out = Out::new(ANSWER_PROLOG, &self.zone);
        envelope::write_response(&mut out, responses);
        let (body, losses) = out.finish();
        let headers = vec![("Content-Type".to_owned(), "text/xml; charset=UTF-8".to_owned())];
        Encoded { payload: Reply { status: 200, headers, body: Body(body) }, losses }
    }

    fn redact(&self, body: &[u8]) -> Vec<u8> {
        redact(body)
    }
}

/// Gives each value the findings inside its own part of the body; what is outside of all goes with the first.
fn with_findings<T>(values: Vec<(String, T)>, reading: Reading<'_>, content_type: Option<&str>) -> Vec<Decoded<T>> {
    let mut findings = reading.findings();
    if let Some(content_type) = content_type {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !(essence.ends_with("/xml") || essence.ends_with("+xml")) {
            let path = "header.content-type".to_owned();
            findings.insert(0, Finding { kind: FindingKind::Value, path, place: None });
        }
    }
    let mut decoded: Vec<Decoded<T>> = Vec::new();
    for (path, value) in values {
        let inside = |finding: &Finding| {
            finding.path.strip_prefix(path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let (own, others) = findings.into_iter().partition(inside);
        findings = others;
        decoded.push(Decoded { value, findings: own });
    }
    if let Some(first) = decoded.first_mut() {
        findings.append(&mut first.findings);
        first.findings = findings;
    }
    decoded
}
