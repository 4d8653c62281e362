//! The codec trait and what it takes and gives.

use certgate_domain::{AnyData, Call, Moment, Protocol, Response, TaskKind};

use crate::{DecodeError, Findings, Reply, Request};

/// What was read, and what was odd about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<T> {
    /// The value.
    pub value: T,
    /// What nobody understood, or what was not of its documented type.
    pub findings: Findings,
}

/// What was written, and what this protocol could not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded<T> {
    /// The payload.
    pub payload: T,
    /// What is missing in it.
    pub losses: Vec<Loss>,
}

/// Something that a protocol cannot say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Which field, by the JSON API's names, with `[n]` for an item of a list: `data[0].lifetime`, `options.language`.
    pub path: String,
    /// Why it cannot be said.
    pub why: String,
}

impl Loss {
    /// That field, for that reason.
    pub fn new(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self { path: path.into(), why: why.into() }
    }
}

/// One protocol, both sides of it.
///
/// Reading is tolerant: what is unknown becomes a finding. Writing always succeeds; what cannot be said is a [`Loss`].
/// Whether a task is fit to be sent is [`AnyTask::missing`](certgate_domain::AnyTask::missing)'s to say.
pub trait Codec: Send + Sync {
    /// The protocol that it speaks.
    fn protocol(&self) -> Protocol;

    /// Client: the request for a task.
    fn encode_request(&self, call: &Call) -> Encoded<Request>;

    /// Client: the requests for several tasks, in their order and as few as the protocol allows. XML joins the tasks of one
    /// sender and owner in one request; JSON has a request a task.
    fn encode_requests(&self, calls: &[Call]) -> Encoded<Vec<Request>> {
        let mut all = Encoded { payload: Vec::new(), losses: Vec::new() };
        for call in calls {
            let Encoded { payload, losses } = self.encode_request(call);
            all.payload.push(payload);
            all.losses.extend(losses);
        }
        all
    }

    /// Client: the answers in a reply, in their order. XML may hold several `<result>`s, each for a task of that kind.
    ///
    /// # Errors
    /// The body is no answer of this protocol.
    fn decode_responses(&self, kind: TaskKind, reply: &Reply) -> Result<Vec<Decoded<Response<AnyData>>>, DecodeError>;

    /// Gateway: the tasks in a request, in their order, each read or refused by itself. XML may hold several `<task>`s. A request
    /// that cannot be read as a whole is one refusal, so that the list is never empty. `expected` is the kind the caller knows
    /// the tasks to be, needed where the payload does not say (a JSON body without its method and path).
    fn decode_tasks(&self, expected: Option<TaskKind>, request: &Request) -> Vec<Result<Decoded<Call>, DecodeError>>;

    /// Gateway: the tasks in a request, all of them.
    ///
    /// # Errors
    /// The request is none of this protocol's, or one of its tasks cannot be read or is not of the expected kind.
    fn decode_requests(
        &self,
        expected: Option<TaskKind>,
        request: &Request,
    ) -> Result<Vec<Decoded<Call>>, DecodeError> {
        self.decode_tasks(expected, request).into_iter().collect()
    }

    /// Gateway: the reply that holds these answers, each with the kind of task it answers. JSON holds one: more are a loss.
    fn encode_responses(&self, responses: &[(TaskKind, Response<AnyData>)]) -> Encoded<Reply>;

    /// The same bytes without passwords, sessions, tokens, authinfo and private keys, whether they can be decoded or not.
    /// Must come before any log, trace, file or error.
    fn redact(&self, body: &[u8]) -> Vec<u8>;

    /// Client: the later instant, in seconds since 1970, that a time of an answer may mean where it may mean two: a time
    /// without an offset does, in the hour that is repeated in autumn.
    fn later_reading(&self, _: &Moment) -> Option<i64> {
        None
    }

    /// Client: the one answer in a reply.
    ///
    /// # Errors
    /// The body is no answer of this protocol, or holds more than one.
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
