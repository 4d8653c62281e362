//! The handler of a bridge.

use std::{
    sync::{Mutex, PoisonError, mpsc},
    time::Duration,
};

use certgate_client::{Client, Error, GatewayError, NetworkError, Phase, TaskError};
use certgate_domain::{AnyData, Call, Message, Protocol, Response, TaskKind};
use certgate_server::{Caller, Handled, Handler, message, refusal, unreadable};
use certgate_wire::{Body, Codec, Decoded, Finding, Reply, Request};

use crate::{Event, Side};

/// Answers requests in one protocol by asking a gateway over the other one. It knows no account: who asks is passed on.
pub struct Bridge {
    front: Protocol,
    codec: Box<dyn Codec>,
    /// Those that are not asking. Each is taken for a request and put back.
    idle: Mutex<mpsc::Receiver<Client>>,
    put_back: mpsc::Sender<Client>,
    is_strict: bool,
    tell: Box<dyn Fn(&Event<'_>) + Send + Sync>,
}

/// A task and its answer.
type Answered = (TaskKind, Response<AnyData>);

impl Bridge {
    /// Speaks the protocol of `codec` in front, and asks by these clients, each for one request at a time. `tell` is told what
    /// happens.
    pub fn new(codec: Box<dyn Codec>, clients: Vec<Client>, tell: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        let (put_back, idle) = mpsc::channel();
        for client in clients {
            let _ = put_back.send(client);
        }
        let front = codec.protocol();
        Self { front, codec, idle: Mutex::new(idle), put_back, is_strict: false, tell: Box::new(tell) }
    }

    /// Refuses requests that have something in them that is not understood.
    #[must_use]
    pub fn strict(mut self, is_strict: bool) -> Self {
        self.is_strict = is_strict;
        self
    }

    fn reply(&self, request: &Request) -> Reply {
        let calls = match self.codec.decode_requests(None, request) {
            Ok(calls) => calls,
            Err(why) => {
                (self.tell)(&Event::Unreadable(&why));
                return self.codec.encode_responses(&[(TaskKind::Hello, unreadable(self.front, &why))]).payload;
            }
        };
        for Decoded { value, findings } in &calls {
            self.tell_findings(value.task.kind(), Side::Request, findings);
        }
        let Ok(mut client) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).recv() else {
            return text(500, "the bridge has nobody to ask".to_owned());
        };
        let answered = self.ask(&mut client, &calls);
        let _ = self.put_back.send(client);
        let answers = match answered {
            Ok(answers) => answers,
            Err(trouble) => return trouble,
        };
        let encoded = self.codec.encode_responses(&answers);
        for loss in &encoded.losses {
            (self.tell)(&Event::Lost { front: self.front, loss });
        }
        encoded.payload
    }

    /// The answer to each call, in their order; or what HTTP is to say where one has none. Nothing is sent unless all can be.
    fn ask(&self, client: &mut Client, calls: &[Decoded<Call>]) -> Result<Vec<Answered>, Reply> {
        if let Some(reason) = calls.iter().find_map(|call| self.unfit(client, call)) {
            return Ok(calls.iter().map(|call| refused(&call.value, None, reason.clone())).collect());
        }
        let mut answers: Vec<Answered> = Vec::new();
        for Decoded { value: call, .. } in calls {
            let kind = call.task.kind();
            let answer = match client.forward(call) {
                Ok(exchange) => {
                    self.tell_findings(kind, Side::Answer, &exchange.answer.findings);
                    exchange.answer.value
                }
                Err(Error::Gateway(GatewayError::Unauthorized { http_status, .. })) => {
                    let text = format!("The gateway turned the credentials away (HTTP {http_status}).");
                    refused(call, Some("E00000"), message("EF01000", &text, "request.auth", "")).1
                }
                Err(error) => return Err(self.unanswered(&error, &answers, calls.len())),
            };
            (self.tell)(&answered(kind, &answer));
            answers.push((kind, answer));
        }
        Ok(answers)
    }

    /// Why a call cannot be passed on.
    fn unfit(&self, client: &Client, call: &Decoded<Call>) -> Option<Message> {
        let kind = call.value.task.kind();
        if let (true, Some(finding)) = (self.is_strict, call.findings.first()) {
            let text = format!("{}: {finding}. Nothing was sent.", kind.name());
            return Some(message("EF01000", &text, &finding.path, ""));
        }
        match client.check(&call.value) {
            Err(Error::Task(TaskError::Unsayable { protocol, loss, .. })) => {
                let text =
                    format!("{}: this cannot be said over {protocol}: {}. Nothing was sent.", kind.name(), loss.why);
                Some(message("EF01000", &text, &loss.path, ""))
            }
            _ => None,
        }
    }

    fn tell_findings(&self, task: TaskKind, side: Side, findings: &[Finding]) {
        for finding in findings {
            (self.tell)(&Event::Finding { task, side, finding });
        }
    }

    /// What HTTP says where a task has no answer. It is neither a success nor a refusal: the caller has to look.
    fn unanswered(&self, error: &Error, answers: &[Answered], calls: usize) -> Reply {
        let mut why = error.to_string();
        if matches!(error, Error::Network(NetworkError::Unreachable { .. })) {
            why += "; it changed nothing";
        }
        (self.tell)(&Event::Unanswered { why: &why });
        for (kind, answer) in answers {
            why += &format!("\nbefore it: {}", answered(*kind, answer));
        }
        if let left @ 1.. = calls.saturating_sub(answers.len() + 1) {
            why += &format!("\nafter it: {left} not sent");
        }
        if let Error::Gateway(GatewayError::Undecodable { body, .. }) = error {
            why += &format!("\nthe answer, redacted:\n\n{}", String::from_utf8_lossy(body));
        }
        // 429 and 503 invite to send all of it again.
        let may_repeat = answers.iter().all(|(kind, _)| kind.is_safe_to_repeat());
        let status = match error {
            Error::Network(NetworkError::Unreachable { phase: Phase::Pace, .. }) if may_repeat => 429,
            Error::Interrupted if may_repeat => 503,
            Error::HttpSettings(_) => 500,
            _ => 502,
        };
        let mut reply = text(status, why);
        if matches!(status, 429 | 503) {
            reply.headers.push(("Retry-After".to_owned(), "1".to_owned()));
        }
        reply
    }
}

impl Handler for Bridge {
    fn protocols(&self) -> &[Protocol] {
        std::slice::from_ref(&self.front)
    }

    fn handle(&self, _: Protocol, request: &Request, _: &Caller) -> Handled {
        Handled::Reply(self.reply(request), Duration::ZERO)
    }
}

/// A refusal of a call, by its own code unless told.
fn refused(call: &Call, code: Option<&str>, reason: Message) -> Answered {
    let kind = call.task.kind();
    let own = format!("E{}", kind.code());
    (kind, Response { ctid: call.options.ctid.clone(), ..refusal(code.unwrap_or(&own), reason) })
}

/// Task, code and transaction id of an answer.
fn answered(task: TaskKind, answer: &Response<AnyData>) -> Event<'_> {
    let code = answer.status.code.as_ref().map(|code| code.as_str());
    Event::Answered { task, code, stid: answer.stid.as_deref() }
}

fn text(status: u16, text: String) -> Reply {
    let headers = vec![("Content-Type".to_owned(), "text/plain; charset=utf-8".to_owned())];
    Reply { status, headers, body: Body((text + "\n").into_bytes()) }
}
