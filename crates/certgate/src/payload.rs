//! What a payload in a file is: of which protocol, side and task, as far as it says so itself.

use std::fmt;

use certgate_domain::{Protocol, StatusCode, TaskKind, task::ZoneUpdateRecords};
use certgate_json::JsonCodec;
use certgate_wire::{Body, BodyKind, Codec, DecodeError, Method, Request};
use certgate_xml::XmlCodec;

/// The side of an exchange that a payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What a client sends.
    Request,
    /// What the gateway answers.
    Response,
}

impl Side {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Request, Self::Response];

    /// `request` or `response`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }

    /// The side of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.name() == name)
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What is known of a payload before anybody looks at it. It goes before what the payload seems to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PayloadHints {
    /// Its protocol.
    pub protocol: Option<Protocol>,
    /// Its side.
    pub side: Option<Side>,
    /// The task of all that is in it.
    pub task: Option<TaskKind>,
}

/// What a payload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadKind {
    /// Its protocol.
    pub protocol: Protocol,
    /// Its side.
    pub side: Side,
    /// The task of each answer in a response; the last one stands for those after it. A request that says its tasks itself has none here.
    pub tasks: Vec<TaskKind>,
    /// Further tasks that it could belong to as well: they have the same status code, and data of the same kind.
    pub alike: Vec<TaskKind>,
}

/// Why it cannot be told what a payload is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnrecognizedPayload {
    /// It is no payload of the protocol, or of none.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
    /// Its task cannot be told.
    #[error("its task cannot be told: {reason}")]
    Task {
        /// Why not.
        reason: UnknownTask,
        /// The tasks that it may belong to; empty where it may be any.
        candidates: Vec<TaskKind>,
    },
}

/// Why the task of a payload cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownTask {
    /// A body of the JSON API, whose task is said by method and path.
    #[error("a JSON body alone has neither method nor path")]
    BodyAlone,
    /// An answer without a status code.
    #[error("the answer has no status code")]
    NoCode,
    /// An answer whose status code names no task.
    #[error("no known task has the status code {0}")]
    Code(StatusCode),
}

/// Says what a payload is. What the hints leave open is taken from the payload: its first character tells the protocol, the outermost
/// names tell the side. An XML request and a JSON request line say their tasks, an answer by its status code. The body of a JSON request
/// is that of a task if all of its fields are known to that task only.
///
/// # Errors
/// It is no payload of either protocol, or its task cannot be told.
pub fn recognize(
    xml: &XmlCodec,
    json: &JsonCodec,
    hints: PayloadHints,
    payload: &[u8],
) -> Result<PayloadKind, UnrecognizedPayload> {
    let protocol = hints.protocol.map_or_else(|| protocol_of(payload), Ok)?;
    let is_one = |side, tasks| PayloadKind { protocol, side, tasks, alike: Vec::new() };
    let says_tasks = protocol == Protocol::Xml || has_request_line(payload);
    match (hints.side, hints.task) {
        (Some(side), Some(task)) => return Ok(is_one(side, vec![task])),
        (Some(Side::Request), None) if says_tasks => return Ok(is_one(Side::Request, Vec::new())),
        _ => {}
    }
    let body = match protocol {
        Protocol::Xml => xml.body_kind(payload)?,
        Protocol::Json if says_tasks => BodyKind::Request,
        Protocol::Json => json.body_kind(payload)?,
    };
    let (side, codes) = match body {
        BodyKind::Request => (Side::Request, Vec::new()),
        BodyKind::Reply(codes) => (Side::Response, codes),
    };
    let side = hints.side.unwrap_or(side);
    match (side, hints.task) {
        (_, Some(task)) => Ok(is_one(side, vec![task])),
        (Side::Request, None) if says_tasks => Ok(is_one(side, Vec::new())),
        (Side::Request, None) => Ok(is_one(side, vec![task_of_body(json, payload)?])),
        (Side::Response, None) => {
            let (mut tasks, mut alike) = (Vec::new(), Vec::new());
            let codes = if codes.is_empty() { vec![None] } else { codes };
            for code in &codes {
                let (first, others) = answered(protocol, code.as_ref())?;
                tasks.push(first);
                for other in others {
                    if !alike.contains(&other) {
                        alike.push(other);
                    }
                }
            }
            Ok(PayloadKind { protocol, side, tasks, alike })
        }
    }
}

fn protocol_of(payload: &[u8]) -> Result<Protocol, DecodeError> {
    let text = payload.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(payload).trim_ascii_start();
    let found = match text.first() {
        Some(b'<') => return Ok(Protocol::Xml),
        Some(b'{' | b'[') => return Ok(Protocol::Json),
        Some(_) if has_request_line(text) => return Ok(Protocol::Json),
        None => "nothing".to_owned(),
        // Not more of it: who knows what it is.
        Some(byte) if byte.is_ascii_graphic() => format!("a text that begins with `{}`", char::from(*byte)),
        Some(byte) => format!("byte 0x{byte:02X}"),
    };
    let expected = "XML (`<request>`, `<response>`) or JSON (an object, or a line such as `GET /certificate/{id}`)";
    Err(DecodeError::new("payload", found, expected).at(payload, payload.len() - text.len()))
}

/// Whether a text begins with a method and a path, as the printed form of a JSON request does.
fn has_request_line(payload: &[u8]) -> bool {
    let text = payload.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(payload).trim_ascii_start();
    let word = text.split(|byte| !byte.is_ascii_uppercase()).next().unwrap_or_default();
    let rest = text.get(word.len()..).unwrap_or_default();
    !word.is_empty() && rest.first().is_some_and(u8::is_ascii_whitespace) && rest.trim_ascii_start().starts_with(b"/")
}

/// The task that an answer with that code belongs to, and others that are answered with it.
fn answered(
    protocol: Protocol,
    code: Option<&StatusCode>,
) -> Result<(TaskKind, impl Iterator<Item = TaskKind>), UnrecognizedPayload> {
    let unknown = |reason| UnrecognizedPayload::Task { reason, candidates: Vec::new() };
    let code = code.ok_or_else(|| unknown(UnknownTask::NoCode))?;
    let number = code.letter().and_then(|_| code.as_str().get(1..)).unwrap_or_default();
    let with_number = |protocol: Protocol| {
        let is_answered = |kind: &TaskKind| match kind {
            // XML has no such task: it is the look into the queue.
            TaskKind::Hello => protocol == Protocol::Json && kind.status_number(protocol) == number,
            // So the documented page, although the task's number is another one.
            TaskKind::CertificateReissue if number == TaskKind::CertificateCreate.code() => true,
            // JSON has a second route for it, with a number of its own.
            TaskKind::ZoneUpdateRecords if number == ZoneUpdateRecords::STREAM_NUMBER => true,
            kind => kind.status_number(protocol) == number,
        };
        TaskKind::ALL.iter().copied().filter(is_answered).collect::<Vec<_>>()
    };
    let own = with_number(protocol);
    let tasks = if own.is_empty() { with_number(protocol.other()) } else { own };
    let mut tasks = tasks.into_iter();
    match tasks.next() {
        Some(first) => Ok((first, tasks)),
        None => Err(unknown(UnknownTask::Code(code.clone()))),
    }
}

/// The task whose request has all fields of a body, where only one has.
fn task_of_body(json: &JsonCodec, body: &[u8]) -> Result<TaskKind, UnrecognizedPayload> {
    let request =
        Request { method: Method::Post, target: String::new(), headers: Vec::new(), body: Body(body.to_vec()) };
    let has_all = |kind: &TaskKind| match json.decode_requests(Some(*kind), &request) {
        Ok(calls) => calls.iter().all(|call| call.findings.is_empty()),
        Err(_) => false,
    };
    let candidates: Vec<TaskKind> = TaskKind::ALL.iter().copied().filter(has_all).collect();
    match candidates.as_slice() {
        [only] => Ok(*only),
        _ => Err(UnrecognizedPayload::Task { reason: UnknownTask::BodyAlone, candidates }),
    }
}
