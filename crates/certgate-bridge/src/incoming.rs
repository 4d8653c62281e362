//! A request that came in: each of its tasks goes its way, in their order, and has its answer.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use certgate_client::{Asker, Client, Error, GatewayError, RelayError};
use certgate_domain::{AnyData, Message, Protocol, Response, Status, StatusCode, TaskKind};
use certgate_server::{Caller, message, refusal, unreadable};
use certgate_wire::{Answer, Body, DecodeError, Decoded, Header, Method, Reply, Request};

use crate::{
    Bridge, Event, Side, Way,
    behind::{self, Heard, Sayable},
    front::{Asked, NO_NUMBER},
    outcome::{Outcome, Told},
    pool::{Lent, Pool},
    shadow::{Job, Shadow},
    unanswered::Unanswered,
};

/// A request in hand.
pub(crate) struct Incoming<'b> {
    bridge: &'b Bridge,
    request: &'b Request,
    caller: &'b Caller,
    /// When the wait ends that began with the one for room, and is for a client and for the first departure; none once that was.
    first_wait_ends: Cell<Option<Instant>>,
}

/// How a request ended: what became of its tasks, and the reply.
pub(crate) struct Ended {
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) reply: Reply,
}

/// The clients that a request is carried out with.
struct Clients<'b> {
    behind: Option<Lent<'b>>,
    beside: Option<Lent<'b>>,
}

impl<'b> Incoming<'b> {
    pub(crate) fn new(bridge: &'b Bridge, request: &'b Request, caller: &'b Caller) -> Self {
        let left = bridge.max_wait.saturating_sub(caller.waited());
        let first_wait_ends = Cell::new(Instant::now().checked_add(left));
        Self { bridge, request, caller, first_wait_ends }
    }

    pub(crate) fn run(&self) -> Ended {
        let mut asked = match self.bridge.front.read(self.request) {
            Ok(asked) => asked,
            Err((why, tasks)) => return self.unreadable(&why, tasks),
        };
        for Decoded { value, findings } in asked.iter().filter_map(|asked| asked.read.as_ref().ok()) {
            self.bridge.tell_findings(value.task.kind(), Side::Request, findings);
        }
        let ways: Vec<Way> = asked.iter().map(|asked| self.bridge.way(asked)).collect();
        let is_all_passed_through = ways.iter().all(|way| *way == Way::PassedThrough);
        let is_cut = ways.contains(&Way::PassedThrough) && (!is_all_passed_through || self.bridge.shadow.is_some());
        if is_cut && let Err(why) = self.bridge.front.find(self.request, &mut asked) {
            return self.unreadable(&why, asked.len());
        }
        if is_all_passed_through {
            return self.pass_all_through(&asked);
        }
        let mut clients = match self.clients(&ways) {
            Ok(clients) => clients,
            Err(why) => return self.all_unanswered(&asked, &why),
        };
        let sayable = |(asked, way): (&Asked, &Way)| match clients.behind.as_deref().filter(|_| *way == Way::Behind) {
            Some(client) => self.sayable(client, asked),
            None => Ok(None),
        };
        let calls: Result<Vec<Option<Sayable>>, Message> = asked.iter().zip(&ways).map(sayable).collect();
        match calls {
            Ok(calls) => self.carry_out(&mut clients, &asked, &ways, &calls),
            Err(reason) => {
                let outcomes = asked.iter().map(|asked| self.turned_down(asked, reason.clone())).collect();
                self.written(outcomes, None)
            }
        }
    }

    /// Does each task in its turn. After one without an answer the rest is not sent.
    fn carry_out(&self, clients: &mut Clients<'_>, asked: &[Asked], ways: &[Way], calls: &[Option<Sayable>]) -> Ended {
        let mut outcomes: Vec<Outcome> = Vec::new();
        let mut first: Option<Unanswered> = None;
        for (at, (one, way)) in asked.iter().zip(ways).enumerate() {
            let call = calls.get(at).and_then(Option::as_ref);
            let told = match (way, call, &first) {
                (Way::Nowhere, ..) => {
                    outcomes.push(self.refused(one));
                    continue;
                }
                (_, _, Some(_)) => Err(Unanswered::not_sent()),
                (Way::Behind, Some(call), _) => match clients.behind.as_deref_mut() {
                    Some(client) => self.ask_behind(client, one, call),
                    None => Err(Unanswered::busy()),
                },
                _ => match clients.beside.as_deref_mut() {
                    Some(client) => self.pass_through(client, asked, at),
                    None => Err(Unanswered::busy()),
                },
            };
            match told {
                Ok(told) => outcomes.push(self.outcome(one, *way, told, true)),
                Err(found) => {
                    if first.is_none() {
                        self.tell_unanswered(&found);
                    }
                    outcomes.push(self.one_unanswered(one, *way, &found));
                    first.get_or_insert(found);
                }
            }
        }
        self.written(outcomes, first.as_ref())
    }

    fn ask_behind(&self, client: &mut Client, asked: &Asked, call: &Sayable) -> Result<Told, Unanswered> {
        let kind = call.task().kind();
        let has_hung_up = || self.caller.has_hung_up();
        match behind::ask(client, call, || self.asker(&has_hung_up)) {
            Ok(Heard { answer, findings }) => {
                self.bridge.tell_findings(kind, Side::Answer, &findings);
                Ok(Told::Typed(Box::new(self.bridge.front.told(call.task(), answer))))
            }
            Err(Error::Gateway(GatewayError::Unauthorized { http_status, .. })) => Ok(unauthorized(asked, http_status)),
            Err(error) => Err(Unanswered::of(&error)),
        }
    }

    /// Passes one of several tasks through: its own bytes, in a request with the same head.
    fn pass_through(&self, client: &mut Client, asked: &[Asked], at: usize) -> Result<Told, Unanswered> {
        let request = self.alone(asked, at);
        let reply = self.relay(client, asked.get(at), &request)?;
        let parts = self.bridge.front.codec.split_reply(&reply);
        let mut told = parts.into_iter().flatten().map(|text| self.as_received(asked.get(at), text));
        match (told.next(), reply.status, asked.get(at)) {
            (Some(told), ..) => Ok(told),
            (None, 401, Some(asked)) => Ok(unauthorized(asked, 401)),
            (None, 429, _) => Err(Unanswered::turned_away(&reply)),
            (None, status, asked) => {
                let why = format!("the answer (HTTP {status}) is not in the protocol");
                Err(self.of_relay(asked, &RelayError::Unanswered(why)))
            }
        }
    }

    /// The request for one of its tasks: without the bytes of the others.
    fn alone(&self, asked: &[Asked], at: usize) -> Request {
        let mut body = Vec::new();
        let mut from = 0;
        for (other, part) in asked.iter().enumerate().filter_map(|(other, asked)| Some((other, asked.part.as_ref()?))) {
            if other != at {
                body.extend_from_slice(self.request.body.get(from..part.bytes.start).unwrap_or_default());
                from = part.bytes.end;
            }
        }
        body.extend_from_slice(self.request.body.get(from..).unwrap_or_default());
        // Its answer is to be read.
        let is_kept = |header: &&Header| !header.name.eq_ignore_ascii_case("accept-encoding");
        let headers = self.request.headers.iter().filter(is_kept).cloned().collect();
        Request { method: self.request.method, target: self.request.target.clone(), headers, body: Body(body) }
    }

    /// Has a task that was passed through and answered compared with what the other side says.
    fn shadow(&self, asked: &[Asked], at: usize, outcome: &Outcome) {
        let front = &self.bridge.front;
        let (Some(shadow), Some(Ok(call))) = (&self.bridge.shadow, asked.get(at).map(|asked| &asked.read)) else {
            return;
        };
        let kind = call.value.task.kind();
        let Told::AsReceived { text, .. } = &outcome.told else { return };
        if !Shadow::fits(kind) || !self.bridge.is_switched_over(kind) {
            return;
        }
        let reply = front.codec.encode_answers(&[Answer::AsReceived(text)]).payload;
        if let Ok(answer) = front.codec.decode_response(kind, &reply) {
            let request = self.alone(asked, at);
            shadow.compare(Job { call: call.value.clone(), request, reply, answer: answer.value });
        }
    }

    /// Passes a request through of which every task goes that way.
    fn pass_all_through(&self, asked: &[Asked]) -> Ended {
        let Some(pool) = &self.bridge.beside else {
            return self.all_unanswered(asked, &Unanswered::busy());
        };
        let mut client = match self.client(pool) {
            Ok(client) => client,
            Err(why) => return self.all_unanswered(asked, &why),
        };
        let reply = match self.relay(&mut client, asked.first().filter(|_| asked.len() == 1), self.request) {
            Ok(reply) => reply,
            Err(why) => return self.all_unanswered(asked, &why),
        };
        // What is not to be read is not looked into.
        let is_plain = reply.header("content-encoding").is_none();
        let parts = is_plain.then(|| self.bridge.front.codec.split_reply(&reply).ok()).flatten().unwrap_or_default();
        let mut parts = parts.into_iter();
        let outcomes = asked.iter().map(|asked| {
            let told = match parts.next() {
                Some(text) => self.as_received(Some(asked), text),
                None => Told::AsReceived { text: String::new(), status: Status::default(), stid: None },
            };
            self.outcome(asked, Way::PassedThrough, told, true)
        });
        let outcomes: Vec<Outcome> = outcomes.collect();
        outcomes.iter().enumerate().for_each(|(at, outcome)| self.shadow(asked, at, outcome));
        Ended { outcomes, reply }
    }

    fn relay(&self, client: &mut Client, asked: Option<&Asked>, request: &Request) -> Result<Reply, Unanswered> {
        let has_hung_up = || self.caller.has_hung_up();
        let asker = self.asker(&has_hung_up);
        let call = asked.and_then(|asked| asked.read.as_ref().ok());
        let (task, identity) =
            (call.map(|call| call.value.task.kind()), call.and_then(|call| call.value.identity.as_ref()));
        client.relay(task, identity, request, &asker).map_err(|why| self.of_relay(asked, &why))
    }

    fn of_relay(&self, asked: Option<&Asked>, why: &RelayError) -> Unanswered {
        let kind = asked.and_then(|asked| asked.kind(self.bridge.front.protocol()));
        // Of an unknown route that is read, too.
        let is_safe = kind.map_or(self.request.method == Method::Get, TaskKind::is_safe_to_repeat);
        Unanswered::of_relay(why, is_safe)
    }

    /// An answer as the front's own gateway gave it.
    fn as_received(&self, asked: Option<&Asked>, text: String) -> Told {
        let front = &self.bridge.front;
        let kind = asked.and_then(|asked| asked.kind(front.protocol())).unwrap_or(TaskKind::Hello);
        let (status, stid) =
            front.read_part(kind, &text).map_or_else(Default::default, |answer| (answer.status, answer.stid));
        Told::AsReceived { text, status, stid }
    }

    /// The clients that these ways need.
    fn clients(&self, ways: &[Way]) -> Result<Clients<'b>, Unanswered> {
        let client = |way: Way, pool: Option<&'b Pool>| {
            let pool = pool.filter(|_| ways.contains(&way));
            pool.map(|pool| self.client(pool)).transpose()
        };
        let behind = client(Way::Behind, Some(&self.bridge.behind))?;
        let beside = client(Way::PassedThrough, self.bridge.beside.as_ref())?;
        Ok(Clients { behind, beside })
    }

    /// Who waits for the next departure. The first one may take what the wait for a client left; each further one, of a request with
    /// several tasks or of a long list, may take as long again.
    fn asker<'a>(&self, has_hung_up: &'a dyn Fn() -> bool) -> Asker<'a> {
        Asker::new(self.left_of_first_wait(self.first_wait_ends.take()), has_hung_up)
    }

    fn left_of_first_wait(&self, ends: Option<Instant>) -> Duration {
        ends.map_or(self.bridge.max_wait, |ends| ends.saturating_duration_since(Instant::now()))
    }

    fn client(&self, pool: &'b Pool) -> Result<Lent<'b>, Unanswered> {
        let has_hung_up = || self.caller.has_hung_up();
        let asker = Asker::new(self.left_of_first_wait(self.first_wait_ends.get()), &has_hung_up);
        pool.client(&asker).ok_or_else(|| match self.caller.has_hung_up() {
            true => Unanswered::hung_up(),
            false => Unanswered::busy(),
        })
    }

    /// The call of a task as it can be said behind; none of one that cannot be read. Where one cannot be passed on, it says why: then none
    /// of its request is.
    fn sayable(&self, client: &Client, asked: &Asked) -> Result<Option<Sayable>, Message> {
        let Ok(Decoded { value, findings }) = &asked.read else { return Ok(None) };
        let task = value.task.kind();
        if let (true, Some(finding)) = (self.bridge.is_strict, findings.first()) {
            let text = format!("{}: {finding}. Nothing was sent.", task.name());
            return Err(message("EF01000", &text, &finding.path, ""));
        }
        let mut call = value.clone();
        if let Some(option) = behind::dispensable(client, &mut call) {
            self.bridge.tell(&Event::LeftOut { task, option });
        }
        behind::sayable(client, call).map(Some).map_err(|loss| {
            let over = self.bridge.front.protocol().other();
            let text = format!("{}: this cannot be said over {over}: {}. Nothing was sent.", task.name(), loss.why);
            message("EF01000", &text, &loss.path, "")
        })
    }

    /// A task that the bridge itself refuses: it does not know it, or cannot read it.
    fn refused(&self, asked: &Asked) -> Outcome {
        let front = self.bridge.front.protocol();
        let number = asked.number(front);
        match (&asked.read, asked.kind(front)) {
            (Err(why), Some(_)) => {
                self.bridge.tell(&Event::Unreadable(why));
                let mut answer = unreadable(front, why);
                if front == Protocol::Xml {
                    answer.status.code = Some(StatusCode::new(format!("E{number}")));
                }
                self.typed(asked, Way::Nowhere, answer)
            }
            (_, kind) => {
                let is_no_route = kind.is_none() && front == Protocol::Json;
                let (what, why) = match is_no_route {
                    true => (self.route(), Unanswered::no_route()),
                    false => (format!("task {number}"), Unanswered::unknown_task(number)),
                };
                self.bridge.tell(&Event::Unknown { what: &what });
                self.one_unanswered(asked, Way::Nowhere, &why)
            }
        }
    }

    /// The route of a JSON request, without the names of things in it.
    fn route(&self) -> String {
        let path = self.request.target.split('?').next().unwrap_or_default();
        let is_told = |at: usize, part: &str| at < 2 || part.starts_with('_');
        let parts = path.split('/').enumerate().map(|(at, part)| if is_told(at, part) { part } else { "…" });
        format!("{} {}", self.request.method, parts.collect::<Vec<_>>().join("/"))
    }

    fn turned_down(&self, asked: &Asked, reason: Message) -> Outcome {
        let number = asked.number(self.bridge.front.protocol());
        self.typed(asked, Way::Nowhere, refusal(&format!("E{number}"), reason))
    }

    fn one_unanswered(&self, asked: &Asked, way: Way, why: &Unanswered) -> Outcome {
        let number = asked.number(self.bridge.front.protocol());
        self.typed(asked, way, why.answer(number))
    }

    /// The same reason for all tasks of a request.
    fn all_unanswered(&self, asked: &[Asked], why: &Unanswered) -> Ended {
        self.tell_unanswered(why);
        let way = |asked| self.bridge.way(asked);
        let outcomes = asked.iter().map(|asked| self.one_unanswered(asked, way(asked), why)).collect();
        self.written(outcomes, Some(why))
    }

    /// Who hung up is told of once the request is over.
    fn tell_unanswered(&self, why: &Unanswered) {
        if !why.is_hung_up() {
            self.bridge.tell(&Event::Unanswered { why: why.text() });
        }
    }

    /// An answer of the bridge's own.
    fn typed(&self, asked: &Asked, way: Way, answer: Response<AnyData>) -> Outcome {
        let answer = Response { ctid: asked.ctid(), ..answer };
        self.outcome(asked, way, Told::Typed(Box::new(answer)), false)
    }

    fn outcome(&self, asked: &Asked, way: Way, told: Told, is_answered: bool) -> Outcome {
        let front = self.bridge.front.protocol();
        Outcome { kind: asked.kind(front), number: asked.number(front).to_owned(), way, told, is_answered }
    }

    fn unreadable(&self, why: &DecodeError, tasks: usize) -> Ended {
        self.bridge.tell(&Event::Unreadable(why));
        let front = self.bridge.front.protocol();
        let outcome = || Outcome {
            kind: None,
            number: NO_NUMBER.to_owned(),
            way: Way::Nowhere,
            told: Told::Typed(Box::new(unreadable(front, why))),
            is_answered: false,
        };
        self.written((0..tasks).map(|_| outcome()).collect(), None)
    }

    /// The reply with these answers. HTTP tells of a trouble too, unless asking for all of it again would do something twice.
    fn written(&self, outcomes: Vec<Outcome>, trouble: Option<&Unanswered>) -> Ended {
        let front = &self.bridge.front;
        let answers: Vec<_> = outcomes.iter().map(Outcome::answer).collect();
        let encoded = front.codec.encode_answers(&answers);
        for loss in &encoded.losses {
            self.bridge.tell(&Event::Lost { front: front.protocol(), loss });
        }
        let mut reply = encoded.payload;
        // The one task of a JSON request.
        if let (Protocol::Json, [Outcome { told: Told::Typed(answer), .. }]) = (front.protocol(), outcomes.as_slice())
            && Unanswered::is_not_found(answer)
        {
            reply.status = 404;
        }
        if let Some(trouble) = trouble
            && (!trouble.is_undone || !outcomes.iter().any(Outcome::is_done_once))
        {
            reply.status = trouble.status;
            reply.headers.extend(trouble.retry_after.map(|seconds| ("Retry-After".to_owned(), seconds.to_string())));
        }
        Ended { outcomes, reply }
    }
}

/// The gateway does not know who asks.
fn unauthorized(asked: &Asked, http_status: u16) -> Told {
    let text = format!("The gateway turned the credentials away (HTTP {http_status}).");
    let answer = refusal("E00000", message("EF01000", &text, "request.auth", ""));
    Told::Typed(Box::new(Response { ctid: asked.ctid(), ..answer }))
}

#[cfg(test)]
mod tests;
