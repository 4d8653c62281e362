//! The handler of a bridge.

use std::time::Duration;

use certgate_client::{Asker, Client, Error, GatewayError};
use certgate_domain::{AnyData, Call, Message, Protocol, Response, TaskKind};
use certgate_server::{Caller, Handled, Handler, message, refusal, unreadable};
use certgate_wire::{Answer, Codec, DecodeError, Decoded, Finding, Reply, Request};

use crate::{
    Event, Side,
    behind::{self, Heard},
    front::{Asked, Front},
    pool::Pool,
    trouble::Trouble,
};

/// Answers requests in one protocol by asking a gateway over the other one. It knows no account: who asks is passed on.
pub struct Bridge {
    front: Front,
    behind: Pool,
    max_wait: Duration,
    is_strict: bool,
    tell: Box<dyn Fn(&Event<'_>) + Send + Sync>,
}

/// How long a request waits for the gateway's pace unless told.
const MAX_WAIT: Duration = Duration::from_secs(20);

/// What became of a task.
struct Outcome {
    kind: Option<TaskKind>,
    answer: Response<AnyData>,
    /// Whether the answer is the gateway's.
    is_answered: bool,
}

/// Why a request is not answered: its caller hung up.
struct HungUp;

impl Bridge {
    /// Speaks the protocol of `codec` in front, and asks by these clients, each for one request at a time. `tell` is told what
    /// happens.
    pub fn new(codec: Box<dyn Codec>, clients: Vec<Client>, tell: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        Self {
            front: Front { codec },
            behind: Pool::new(clients),
            max_wait: MAX_WAIT,
            is_strict: false,
            tell: Box::new(tell),
        }
    }

    /// Refuses requests that have something in them that is not understood.
    #[must_use]
    pub fn strict(mut self, is_strict: bool) -> Self {
        self.is_strict = is_strict;
        self
    }

    /// How long a task may wait before it is sent [default: 20 s].
    #[must_use]
    pub fn max_wait(mut self, max_wait: Duration) -> Self {
        self.max_wait = max_wait;
        self
    }

    fn reply(&self, request: &Request, caller: &Caller) -> Result<Reply, HungUp> {
        let asked = match self.front.read(request) {
            Ok(asked) => asked,
            Err((why, tasks)) => return Ok(self.unreadable(&why, tasks)),
        };
        for Decoded { value, findings } in asked.iter().filter_map(|asked| asked.read.as_ref().ok()) {
            self.tell_findings(value.task.kind(), Side::Request, findings);
        }
        let has_hung_up = || caller.has_hung_up();
        let asker = || Asker::new(self.max_wait, &has_hung_up);
        if asked.iter().all(|asked| asked.read.is_err()) {
            let outcomes: Vec<_> = asked.iter().map(|asked| self.refused(asked)).collect();
            return Ok(self.written(&outcomes, None));
        }
        let Some(mut client) = self.behind.client(&asker()) else {
            if caller.has_hung_up() {
                (self.tell)(&Event::HungUp);
                return Err(HungUp);
            }
            return Ok(self.all(&asked, &Trouble::busy()));
        };
        let calls: Vec<Option<Call>> = asked.iter().map(|asked| self.sayable(&client, asked)).collect();
        if let Some(reason) =
            asked.iter().zip(&calls).find_map(|(asked, call)| self.unfit(&client, asked, call.as_ref()))
        {
            let outcomes: Vec<_> = asked.iter().map(|asked| self.turned_down(asked, reason.clone())).collect();
            return Ok(self.written(&outcomes, None));
        }
        self.carry_out(&mut client, &asked, &calls, asker)
    }

    /// Asks for each task in its turn. After one without an answer the rest is not sent.
    fn carry_out<'a>(
        &self,
        client: &mut Client,
        asked: &[Asked],
        calls: &[Option<Call>],
        asker: impl Fn() -> Asker<'a>,
    ) -> Result<Reply, HungUp> {
        let mut outcomes: Vec<Outcome> = Vec::new();
        let mut trouble: Option<Trouble> = None;
        for (asked, call) in asked.iter().zip(calls) {
            let Some(call) = call else {
                outcomes.push(self.refused(asked));
                continue;
            };
            if trouble.is_some() {
                outcomes.push(self.in_trouble(asked, &Trouble::not_sent()));
                continue;
            }
            let kind = call.task.kind();
            match behind::ask(client, call, &asker) {
                Ok(Heard { answer, findings }) => {
                    self.tell_findings(kind, Side::Answer, &findings);
                    let answer = self.front.told(kind, answer);
                    (self.tell)(&answered(kind, &answer));
                    outcomes.push(Outcome { kind: Some(kind), answer, is_answered: true });
                }
                Err(Error::Gateway(GatewayError::Unauthorized { http_status, .. })) => {
                    let text = format!("The gateway turned the credentials away (HTTP {http_status}).");
                    let answer = refusal("E00000", message("EF01000", &text, "request.auth", ""));
                    let answer = Response { ctid: asked.ctid(), ..answer };
                    outcomes.push(Outcome { kind: Some(kind), answer, is_answered: true });
                }
                Err(error) => {
                    let Some(found) = Trouble::of(&error) else {
                        (self.tell)(&Event::HungUp);
                        return Err(HungUp);
                    };
                    (self.tell)(&Event::Unanswered { why: found.text() });
                    outcomes.push(self.in_trouble(asked, &found));
                    trouble = Some(found);
                }
            }
        }
        Ok(self.written(&outcomes, trouble.as_ref()))
    }

    /// The call of a task as it can be said behind; `None` where there is none.
    fn sayable(&self, client: &Client, asked: &Asked) -> Option<Call> {
        let mut call = asked.read.as_ref().ok()?.value.clone();
        if let Some(option) = behind::dispensable(client, &mut call) {
            (self.tell)(&Event::LeftOut { task: call.task.kind(), option });
        }
        Some(call)
    }

    /// Why a call cannot be passed on. Then none of its request is.
    fn unfit(&self, client: &Client, asked: &Asked, call: Option<&Call>) -> Option<Message> {
        let kind = call?.task.kind();
        if let (true, Some(finding)) = (self.is_strict, asked.read.as_ref().ok()?.findings.first()) {
            let text = format!("{}: {finding}. Nothing was sent.", kind.name());
            return Some(message("EF01000", &text, &finding.path, ""));
        }
        let loss = behind::unsayable(client, call?)?;
        let over = self.front.protocol().other();
        let text = format!("{}: this cannot be said over {over}: {}. Nothing was sent.", kind.name(), loss.why);
        Some(message("EF01000", &text, &loss.path, ""))
    }

    /// A task that the bridge itself refuses: it does not know it, or cannot read it.
    fn refused(&self, asked: &Asked) -> Outcome {
        let front = self.front.protocol();
        let (kind, number) = (asked.kind(front), asked.number(front));
        let Err(why) = &asked.read else { return self.in_trouble(asked, &Trouble::not_sent()) };
        if kind.is_none() {
            (self.tell)(&Event::UnknownTask { code: number });
            let trouble = if front == Protocol::Json { Trouble::no_route() } else { Trouble::unknown_task(number) };
            return self.in_trouble(asked, &trouble);
        }
        (self.tell)(&Event::Unreadable(why));
        let mut answer = unreadable(front, why);
        if front == Protocol::Xml {
            answer.status.code = Some(certgate_domain::StatusCode::new(format!("E{number}")));
        }
        Outcome { kind, answer: Response { ctid: asked.ctid(), ..answer }, is_answered: false }
    }

    fn turned_down(&self, asked: &Asked, reason: Message) -> Outcome {
        let front = self.front.protocol();
        let answer = refusal(&format!("E{}", asked.number(front)), reason);
        Outcome { kind: asked.kind(front), answer: Response { ctid: asked.ctid(), ..answer }, is_answered: false }
    }

    fn in_trouble(&self, asked: &Asked, trouble: &Trouble) -> Outcome {
        let front = self.front.protocol();
        let answer = trouble.answer(asked.number(front), asked.ctid());
        Outcome { kind: asked.kind(front), answer, is_answered: false }
    }

    /// The same trouble for all tasks of a request.
    fn all(&self, asked: &[Asked], trouble: &Trouble) -> Reply {
        (self.tell)(&Event::Unanswered { why: trouble.text() });
        let outcomes: Vec<_> = asked.iter().map(|asked| self.in_trouble(asked, trouble)).collect();
        self.written(&outcomes, Some(trouble))
    }

    fn unreadable(&self, why: &DecodeError, tasks: usize) -> Reply {
        (self.tell)(&Event::Unreadable(why));
        let answer = unreadable(self.front.protocol(), why);
        self.front.write(&vec![Answer::Typed(TaskKind::Hello, &answer); tasks]).payload
    }

    /// The reply with these answers. HTTP tells of a trouble too, unless asking for all of it again would do something twice.
    fn written(&self, outcomes: &[Outcome], trouble: Option<&Trouble>) -> Reply {
        let answers: Vec<_> = outcomes
            .iter()
            .map(|outcome| Answer::Typed(outcome.kind.unwrap_or(TaskKind::Hello), &outcome.answer))
            .collect();
        let encoded = self.front.write(&answers);
        for loss in &encoded.losses {
            (self.tell)(&Event::Lost { front: self.front.protocol(), loss });
        }
        let mut reply = encoded.payload;
        let unknown_route =
            outcomes.iter().all(|outcome| outcome.kind.is_none()) && self.front.protocol() == Protocol::Json;
        if unknown_route {
            reply.status = 404;
        }
        let Some(trouble) = trouble else { return reply };
        let is_done_once = outcomes.iter().any(|outcome| outcome.is_answered && behind::is_unsafe(outcome.kind));
        if !trouble.is_undone || !is_done_once {
            reply.status = trouble.status;
            reply.headers.extend(trouble.retry_after.map(|seconds| ("Retry-After".to_owned(), seconds.to_string())));
        }
        reply
    }

    fn tell_findings(&self, task: TaskKind, side: Side, findings: &[Finding]) {
        for finding in findings {
            (self.tell)(&Event::Finding { task, side, finding });
        }
    }
}

impl Handler for Bridge {
    fn protocols(&self) -> &[Protocol] {
        match self.front.protocol() {
            Protocol::Xml => &[Protocol::Xml],
            Protocol::Json => &[Protocol::Json],
        }
    }

    fn handle(&self, _: Protocol, request: &Request, caller: &Caller) -> Handled {
        self.reply(request, caller).map_or(Handled::Dropped, |reply| Handled::Reply(reply, Duration::ZERO))
    }

    fn turn_away(&self, _: Protocol, status: u16, why: &str) -> Option<Reply> {
        Some(self.front.turn_away(status, why))
    }

    fn metrics(&self) -> String {
        format!(
            "# HELP certgate_bridge_waiting Requests that wait for the gateway's pace.\n\
             # TYPE certgate_bridge_waiting gauge\n\
             certgate_bridge_waiting {}\n",
            self.behind.waiting()
        )
    }
}

/// Task, code and transaction id of an answer.
fn answered(task: TaskKind, answer: &Response<AnyData>) -> Event<'_> {
    let code = answer.status.code.as_ref().map(|code| code.as_str());
    Event::Answered { task, code, stid: answer.stid.as_deref() }
}
