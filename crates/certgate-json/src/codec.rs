//! The codec.

use certgate_domain::{AnyData, Call, Options, Response, TaskKind, Verdict};
use certgate_wire::{Body, Codec, DecodeError, Decoded, Encoded, Findings, Limits, Loss, Reply, Request};
use serde_json::Value;

use crate::{
    envelope,
    fields::{Fields, Secrets},
    header,
    object::Object,
    query, redact, route,
    task::{self, Given},
    tree::{Source, Tree},
};

/// Which routes are sent. All of them are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Routes {
    /// Those of the live system: `/certificate/_prepareOrder`.
    #[default]
    Live,
    /// Those of the documented page: `/certificate/prepareOrder`.
    Documented,
}

/// The JSON REST API.
///
/// ```
/// use certgate_domain::{AnyTask, Call, Options, task::CertificateInfo};
/// use certgate_wire::Codec;
///
/// let call = Call { task: CertificateInfo::new(571).into(), options: Options::default(), credentials: None };
/// let request = certgate_json::JsonCodec::default().encode_request(&call).payload;
/// assert_eq!(request.target, "/certificate/571");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JsonCodec {
    routes: Routes,
    limits: Limits,
}

impl JsonCodec {
    /// A codec that sends those routes.
    pub fn new(routes: Routes) -> Self {
        Self { routes, limits: Limits::default() }
    }

    /// The same with other bounds. Nesting beyond 128 levels is never taken.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    fn path(&self, kind: TaskKind) -> &'static str {
        match (kind, self.routes) {
            (TaskKind::CertificatePrepareOrder, Routes::Documented) => route::DOCUMENTED_PREPARE_ORDER,
            _ => route::route(kind).1,
        }
    }

    /// Reads a request whose body is that part of a text.
    pub(crate) fn call(
        &self,
        expected: Option<TaskKind>,
        request: &Request,
        source: Source<'_>,
    ) -> Result<Decoded<Call>, DecodeError> {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let (kind, id) = match (path, expected) {
            ("", Some(kind)) => (kind, None),
            ("", None) => {
                return Err(DecodeError::new(
                    "request",
                    "a body without method and path: the task cannot be told",
                    "a line such as `GET /certificate/{id}`, or the task's name",
                ));
            }
            (path, _) => route::find(request.method, path)?,
        };
        if let Some(expected) = expected.filter(|expected| *expected != kind) {
            return Err(DecodeError::new("request", kind.name(), expected.name()));
        }
        let (read, _) = task::readers(kind).ok_or_else(|| no_task(kind))?;
        let query::Query { ctid, reply_to, keys, mut findings } = query::read(query)?;
        findings.extend(header::content_type(request.header(header::CONTENT_TYPE)));
        let credentials = header::credentials(request, &mut findings);
        let options = Options { owner: header::owner(request, &mut findings), language: None, ctid, reply_to, keys };
        findings.truncate(Limits::FINDINGS);
        let body = source.whole.get(source.start..).unwrap_or_default();
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        let (task, findings) = if body.iter().all(u8::is_ascii_whitespace) && !route::has_body(kind) {
            (read(&Given { id, body: None })?, findings)
        } else {
            let tree = Tree::read(source, self.limits)?;
            let task = read(&Given { id, body: Some(&Object::root(&tree)) })?;
            (task, tree.findings(findings))
        };
        Ok(Decoded { value: Call { task, options, credentials }, findings })
    }
}

impl Codec for JsonCodec {
    fn name(&self) -> &'static str {
        "json"
    }

    fn encode_request(&self, call: &Call) -> Encoded<Request> {
        let kind = call.task.kind();
        let mut losses = Vec::new();
        let headers = header::write(call, &mut losses);
        let mut fields = Fields::new(Secrets::Written);
        task::write(&call.task, &mut fields);
        let mut body = fields.into_value();
        let mut path = self.path(kind).to_owned();
        if let Some(start) = path.strip_suffix(route::ID) {
            match body.as_object_mut().and_then(|fields| fields.shift_remove("id")) {
                Some(id) => path = format!("{start}{id}"),
                None => losses.push(Loss::new("id", "JSON has the id in the path; the payload has none")),
            }
        }
        let target = path + &query::write(&call.options);
        let body = if route::has_body(kind) { compact(&body) } else { Body::default() };
        Encoded { payload: Request { method: route::route(kind).0, target, headers, body }, losses }
    }

    fn decode_responses(&self, kind: TaskKind, reply: &Reply) -> Result<Vec<Decoded<Response<AnyData>>>, DecodeError> {
        let (_, read) = task::readers(kind).ok_or_else(|| no_task(kind))?;
        let findings: Findings = header::content_type(reply.header(header::CONTENT_TYPE)).into_iter().collect();
        let tree = Tree::read(Source { whole: &reply.body, start: 0 }, self.limits)?;
        let value = envelope::read(&Object::root(&tree), read)?;
        Ok(vec![Decoded { value, findings: tree.findings(findings) }])
    }

    fn decode_requests(
        &self,
        expected: Option<TaskKind>,
        request: &Request,
    ) -> Result<Vec<Decoded<Call>>, DecodeError> {
        let source = Source { whole: &request.body, start: 0 };
        Ok(vec![self.call(expected, request, source)?])
    }

    fn encode_responses(&self, responses: &[(TaskKind, Response<AnyData>)]) -> Encoded<Reply> {
        let first = responses.first().map(|(_, response)| response);
        let others = 1..responses.len().max(1);
        let losses =
            others.map(|index| Loss::new(format!("response[{index}]"), "JSON holds one answer at a time")).collect();
        let status = match first {
            Some(response) if response.verdict() == Some(Verdict::Refused) => {
                if response.blames_credentials() {
                    401
                } else {
                    400
                }
            }
            _ => 200,
        };
        let body = first.map_or_else(
            || Fields::new(Secrets::Written).into_value(),
            |response| Fields::of(response, envelope::write, Secrets::Written),
        );
        let headers = vec![(header::CONTENT_TYPE.to_owned(), header::JSON.to_owned())];
        Encoded { payload: Reply { status, headers, body: compact(&body) }, losses }
    }

    fn redact(&self, body: &[u8]) -> Vec<u8> {
        redact::redact(body)
    }
}

fn compact(value: &Value) -> Body {
    Body(value.to_string().into_bytes())
}

fn no_task(kind: TaskKind) -> DecodeError {
    DecodeError::new("request", kind.name(), "a task of the JSON API")
}
