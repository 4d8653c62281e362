//! The codec.

use certgate_domain::{AnyData, AnyTask, Call, Identity, Options, Protocol, Response, StatusCode, TaskKind, Verdict};
use certgate_wire::{
    Answer, Body, BodyKind, Codec, DecodeError, Decoded, Encoded, Findings, Limits, Loss, Method, Reply, Request,
    TaskPart,
};
use serde_json::{Map, Value};

use crate::{
    envelope,
    fields::{Fields, Secrets},
    header::{self, Headers},
    object::Object,
    percent, query, redact,
    route::{self, PathValues},
    salvage, session,
    source::Source,
    task::{self, RequestParts},
    tree::Tree,
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
/// let call = Call { task: CertificateInfo::new(571).into(), options: Options::default(), identity: None };
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

    fn route(&self, task: &AnyTask) -> (Method, &'static str) {
        match (task, self.routes) {
            (AnyTask::CertificatePrepareOrder(_), Routes::Documented) => {
                (Method::Post, route::DOCUMENTED_PREPARE_ORDER)
            }
            (task, _) => route::of_task(task),
        }
    }

    /// Decodes a request whose body is part of a text.
    pub(crate) fn call(
        &self,
        expected: Option<TaskKind>,
        request: &Request,
        source: Source<'_>,
    ) -> Result<Decoded<Call>, DecodeError> {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let at_path = |error| DecodeError { place: source.in_target(0), ..error };
        let (kind, path_values) = match (path, expected) {
            ("", Some(kind)) => (kind, PathValues::default()),
            ("", None) => {
                return Err(DecodeError::new(
                    "request",
                    "a body without method and path: the task cannot be told",
                    "a line such as `GET /certificate/{id}`, or the task's name",
                )
                .at(source.whole, source.start));
            }
            (path, _) => route::find(request.method, path).map_err(at_path)?,
        };
        if let Some(expected) = expected.filter(|expected| *expected != kind) {
            return Err(at_path(DecodeError::new("request", kind.name(), expected.name())));
        }
        let (read, _) = task::readers(kind);
        let in_query = |at| source.in_target(path.len() + 1 + at);
        let query::Query { ctid, reply_to, keys, timeout, mut findings } = query::read(kind, query, in_query)?;
        let mut headers = Headers::new(request, source);
        headers.content_type()?;
        let session = headers.session()?;
        let mut identity = headers.identity()?;
        let options = Options {
            owner: headers.owner()?,
            language: None,
            ctid: headers.ctid(ctid)?,
            reply_to,
            keys,
            force_contact_create: None,
            demo: headers.demo()?,
        };
        findings.extend(headers.findings);
        findings.sort_by_key(|finding| finding.place);
        findings.truncate(Limits::FINDINGS);
        let body = source.whole.get(source.start..).unwrap_or_default();
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        let is_blank = body.iter().all(u8::is_ascii_whitespace);
        let (mut task, findings) = if is_blank && route::content(kind) != route::Content::Always {
            (read(&RequestParts { path: path_values, body: None })?, findings)
        } else {
            let tree = Tree::read(source, self.limits)?;
            let body = Object::root(&tree);
            if kind == TaskKind::SessionCreate {
                identity = session::credentials(&body)?.map(Identity::Credentials).or(identity);
            }
            let task = read(&RequestParts { path: path_values, body: Some(&body) })?;
            (task, tree.findings(findings))
        };
        match (&mut task, &identity) {
            (AnyTask::SessionCreate(task), _) => task.timeout = task.timeout.or(timeout),
            (AnyTask::SessionDelete(task), Some(Identity::Session(session))) => task.session = Some(session.clone()),
            // The session to end, beside the credentials of who asks.
            (AnyTask::SessionDelete(task), _) => task.session = task.session.take().or(session),
            _ => {}
        }
        Ok(Decoded { value: Call { task, options, identity }, findings })
    }
}

impl Codec for JsonCodec {
    fn protocol(&self) -> Protocol {
        Protocol::Json
    }

    fn encode_request(&self, call: &Call) -> Encoded<Request> {
        let kind = call.task.kind();
        let mut losses = Vec::new();
        let headers = header::write(call, &mut losses);
        let mut fields = Fields::new(Secrets::Written);
        task::write(&call.task, &mut fields);
        let mut body = fields.into_map();
        let (method, route) = self.route(&call.task);
        let path = fill(route, kind, &mut body, &mut losses);
        let mut body = match &call.task {
            AnyTask::ZoneUpdateRecords(task) if task.name.is_some() => task::stream_body(body),
            _ => Value::Object(body),
        };
        let timeout = match (&call.task, &call.identity) {
            (AnyTask::SessionCreate(task), Some(Identity::Credentials(credentials))) => {
                body = Fields::of(credentials, session::write, Secrets::Written);
                task.timeout
            }
            _ => None,
        };
        let target = path + &query::write(&call.options, timeout);
        let says_nothing = body.as_object().is_none_or(serde_json::Map::is_empty);
        let body = match route::content(kind) {
            route::Content::None => Body::default(),
            route::Content::Optional if says_nothing && method != Method::Post => Body::default(),
            route::Content::Optional | route::Content::Always => compact(&body),
        };
        Encoded { payload: Request { method, target, headers, body }, losses }
    }

    fn decode_answers(
        &self,
        kinds: &[TaskKind],
        reply: &Reply,
    ) -> Result<Vec<Decoded<Response<AnyData>>>, DecodeError> {
        let findings: Findings = header::content_type(reply.header(header::CONTENT_TYPE)).into_iter().collect();
        let tree = Tree::read(Source::body(&reply.body), self.limits)?;
        let Some(&kind) = kinds.first() else {
            return Err(Object::root(&tree).value().refuse("an answer", "none: it answers no task"));
        };
        let (_, read) = task::readers(kind);
        let mut value = envelope::read(&Object::root(&tree), read)?;
        if kind == TaskKind::SessionCreate {
            session::take_from(reply, &mut value.data);
        }
        Ok(vec![Decoded { value, findings: tree.findings(findings) }])
    }

    fn body_kind(&self, body: &[u8]) -> Result<BodyKind, DecodeError> {
        let tree = Tree::read(Source::body(body), self.limits)?;
        let root = Object::root(&tree);
        // No request has either of them.
        let status = root.field("status").and_then(|status| status.object().ok());
        if status.is_none() && root.field("stid").is_none() {
            return Ok(BodyKind::Request);
        }
        let code = status.and_then(|status| status.text(["code", "resultCode"]).ok()?);
        Ok(BodyKind::Reply(vec![code.map(StatusCode::new)]))
    }

    fn decode_tasks(&self, expected: Option<TaskKind>, request: &Request) -> Vec<Result<Decoded<Call>, DecodeError>> {
        vec![self.call(expected, request, Source::body(&request.body))]
    }

    fn split_request(&self, request: &Request) -> Result<Vec<TaskPart>, DecodeError> {
        let path = request.target.split('?').next().unwrap_or_default();
        let code = route::kind(request.method, path).map(|kind| kind.status_number(Protocol::Json).to_owned());
        Ok(vec![TaskPart { code, ctid: None, bytes: 0..request.body.len() }])
    }

    fn split_reply(&self, reply: &Reply) -> Result<Vec<String>, DecodeError> {
        Tree::read(Source::body(&reply.body), self.limits)?;
        Ok(vec![String::from_utf8_lossy(&reply.body).into_owned()])
    }

    fn encode_answers(&self, answers: &[Answer<'_>]) -> Encoded<Reply> {
        let others = 1..answers.len().max(1);
        let losses =
            others.map(|index| Loss::new(format!("response[{index}]"), "JSON holds one answer at a time")).collect();
        let mut headers = vec![(header::CONTENT_TYPE.to_owned(), header::JSON.to_owned())];
        let (status, body) = match answers.first() {
            Some(Answer::Typed(kind, response)) => {
                headers.extend(session::of_answer(&response.data));
                (http_status(response), Body(answer(*kind, response)))
            }
            Some(Answer::AsReceived(body)) => (200, Body(body.as_bytes().to_vec())),
            None => (200, Body(Fields::new(Secrets::Written).finish())),
        };
        Encoded { payload: Reply { status, headers, body }, losses }
    }

    fn redact(&self, body: &[u8]) -> Vec<u8> {
        redact::redact(body)
    }

    fn undecoded_message(&self, body: &[u8]) -> Option<i64> {
        salvage::message_id(body)
    }
}

fn http_status(response: &Response<AnyData>) -> u16 {
    match response.verdict() {
        Some(Verdict::Refused) if response.blames_credentials() => 401,
        Some(Verdict::Refused) => 400,
        _ => 200,
    }
}

/// The body of an answer. Clients count on the list of a list, be it empty.
fn answer(kind: TaskKind, response: &Response<AnyData>) -> Vec<u8> {
    let mut fields = Fields::new(Secrets::Written);
    let has_data = envelope::write(response, &mut fields);
    if !has_data && kind.is_list() && response.verdict() == Some(Verdict::Done) {
        fields.empty_list("data");
    }
    fields.finish()
}

/// The path of a route, its placeholders filled from the body, which loses them there: they are said once. The body of a zone that
/// is replaced keeps them.
fn fill(route: &str, kind: TaskKind, body: &mut Map<String, Value>, losses: &mut Vec<Loss>) -> String {
    let mut path = String::new();
    for segment in route.split('/').skip(1) {
        path.push('/');
        let Some(name) = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) else {
            path.push_str(segment);
            continue;
        };
        let value = if kind == TaskKind::ZoneUpdate { body.get(name).cloned() } else { body.shift_remove(name) };
        match value {
            Some(Value::String(text)) => percent::encode(&text, &mut path),
            Some(value) => path.push_str(&value.to_string()),
            None => {
                path.push_str(segment);
                losses.push(Loss::new(name, format!("JSON has the {name} in the path; the payload has none")));
            }
        }
    }
    path
}

fn compact(value: &Value) -> Body {
    Body(value.to_string().into_bytes())
}
