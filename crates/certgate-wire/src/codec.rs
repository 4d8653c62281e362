//! The codec trait, and the types it works with.

use std::ops::Range;

use certgate_domain::{AnyData, Call, Moment, Protocol, Response, StatusCode, TaskKind};

use crate::{DecodeError, Findings, Reply, Request};

/// A decoded value, with everything about the payload that was not as documented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<T> {
    /// The value.
    pub value: T,
    /// Unknown fields, and values that are not of their documented type.
    pub findings: Findings,
}

/// An encoded payload, with everything that the protocol cannot express.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded<T> {
    /// The payload.
    pub payload: T,
    /// The fields that are missing in it.
    pub losses: Vec<Loss>,
}

/// A field that a protocol cannot express.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The path of the field in the JSON API's names, with `[n]` for an item of a list: `data[0].lifetime`, `options.language`.
    pub path: String,
    /// Why the protocol cannot express it.
    pub why: String,
}

impl Loss {
    /// A loss of the field at `path`, with the reason.
    pub fn new(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self { path: path.into(), why: why.into() }
    }
}

/// A task as it stands in the body of a request, whether it is known or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskPart {
    /// The code that it says; for JSON the code of its route. `None` where it says none, and for a route that is none.
    pub code: Option<String>,
    /// The client's transaction id that it says itself.
    pub ctid: Option<String>,
    /// Where it stands, in bytes of the body.
    pub bytes: Range<usize>,
}

/// What a body is, as far as it says so itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyKind {
    /// The body of a request.
    Request,
    /// The body of a reply, with the status code of each answer in it; `None` for an answer without one.
    Reply(Vec<Option<StatusCode>>),
}

/// An answer to a task, to be put into a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// A typed one, and the kind of task that it answers.
    Typed(TaskKind, &'a Response<AnyData>),
    /// One of another reply, as [`Codec::split_reply`] gives it.
    AsReceived(&'a str),
}

/// One protocol, for both the client's side and the gateway's.
///
/// Decoding is tolerant: an unknown field becomes a finding. Encoding always succeeds: a field that the protocol cannot express
/// becomes a [`Loss`]. [`AnyTask::missing`](certgate_domain::AnyTask::missing) decides whether a task has all that it needs to be sent.
pub trait Codec: Send + Sync {
    /// The protocol that this codec speaks.
    fn protocol(&self) -> Protocol;

    /// Client: encodes one task as a request.
    fn encode_request(&self, call: &Call) -> Encoded<Request>;

    /// Client: encodes several tasks, in order, in as few requests as the protocol allows. XML joins tasks of the same sender and
    /// owner in one request; JSON needs one request for each task.
    fn encode_requests(&self, calls: &[Call]) -> Encoded<Vec<Request>> {
        let mut all = Encoded { payload: Vec::new(), losses: Vec::new() };
        for call in calls {
            let Encoded { payload, losses } = self.encode_request(call);
            all.payload.push(payload);
            all.losses.extend(losses);
        }
        all
    }

    /// Client: decodes the answers in a reply, in order. An XML reply may hold several `<result>`s. `kinds` are the kinds of the tasks
    /// that they answer; the last one stands for all answers after it.
    ///
    /// # Errors
    /// The body is not an answer of this protocol, or no kind is given.
    fn decode_answers(&self, kinds: &[TaskKind], reply: &Reply)
    -> Result<Vec<Decoded<Response<AnyData>>>, DecodeError>;

    /// Client: decodes the answers in a reply, in order, all to tasks of that kind.
    ///
    /// # Errors
    /// The body is not an answer of this protocol.
    fn decode_responses(&self, kind: TaskKind, reply: &Reply) -> Result<Vec<Decoded<Response<AnyData>>>, DecodeError> {
        self.decode_answers(&[kind], reply)
    }

    /// Says whether a body is a request or a reply, by its outermost names only.
    ///
    /// # Errors
    /// The body is neither in this protocol.
    fn body_kind(&self, body: &[u8]) -> Result<BodyKind, DecodeError>;

    /// Gateway: decodes the tasks in a request, in order. Each is decoded or refused on its own, so one bad `<task>` does not affect
    /// the others. If the request as a whole cannot be read, the list holds that one refusal; it is never empty. `expected` is the
    /// kind of the tasks, needed when the payload does not say it (a JSON body without method and path).
    fn decode_tasks(&self, expected: Option<TaskKind>, request: &Request) -> Vec<Result<Decoded<Call>, DecodeError>>;

    /// Gateway: decodes the tasks in a request, all or nothing.
    ///
    /// # Errors
    /// The request is not one of this protocol, or one of its tasks cannot be decoded or is not of the expected kind.
    fn decode_requests(
        &self,
        expected: Option<TaskKind>,
        request: &Request,
    ) -> Result<Vec<Decoded<Call>>, DecodeError> {
        self.decode_tasks(expected, request).into_iter().collect()
    }

    /// Gateway: the tasks of a request as they stand in its body, in order: those that [`Codec::decode_tasks`] decodes or refuses. A
    /// body without the bytes of some of them is a request for the others.
    ///
    /// # Errors
    /// The request as a whole cannot be read.
    fn split_request(&self, request: &Request) -> Result<Vec<TaskPart>, DecodeError>;

    /// The answers in a reply, in order, each as a text that [`Codec::encode_answers`] can put into another reply.
    ///
    /// # Errors
    /// The body is not an answer of this protocol.
    fn split_reply(&self, reply: &Reply) -> Result<Vec<String>, DecodeError>;

    /// Gateway: encodes answers as one reply. JSON has room for one answer; the others are losses.
    fn encode_answers(&self, answers: &[Answer<'_>]) -> Encoded<Reply>;

    /// Gateway: encodes typed answers as one reply, each with the kind of task it answers.
    fn encode_responses(&self, responses: &[(TaskKind, Response<AnyData>)]) -> Encoded<Reply> {
        let typed: Vec<_> = responses.iter().map(|(kind, response)| Answer::Typed(*kind, response)).collect();
        self.encode_answers(&typed)
    }

    /// Removes passwords, sessions, tokens, authinfo and private keys from a body, even from one that cannot be decoded.
    /// Call it before anything of the body goes into a log, a trace, a file or an error.
    fn redact(&self, body: &[u8]) -> Vec<u8>;

    /// Client: the id of the message in an answer of the queue that cannot be decoded, wherever in the message it stands.
    fn undecoded_message(&self, body: &[u8]) -> Option<i64>;

    /// Client: the later instant, in seconds since 1970, that a time of an answer may mean where it may mean two: a time
    /// without an offset does, in the hour that is repeated in autumn.
    fn later_reading(&self, _: &Moment) -> Option<i64> {
        None
    }

    /// Client: decodes the only answer in a reply.
    ///
    /// # Errors
    /// The body is not an answer of this protocol, or holds more than one.
    fn decode_response(&self, kind: TaskKind, reply: &Reply) -> Result<Decoded<Response<AnyData>>, DecodeError> {
        let mut answers = self.decode_responses(kind, reply)?;
        match (answers.pop(), answers.len()) {
            (Some(answer), 0) => Ok(answer),
            (_, others) => Err(DecodeError::new(
                "response",
                format!("{} results", if others == 0 { 0 } else { others + 1 }),
                "one result for one task",
            )),
        }
    }
}
