//! The gateway without its network: a request in, what happens to it out.

use std::{
    collections::{HashMap, VecDeque},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use certgate_domain::{
    AnyData, Call, GenericObject, Identity, Message, Mode, Protocol, Response, Secret, TaskKind, Verdict,
};
use certgate_json::JsonCodec;
use certgate_server::{Caller, Handled, Handler, refusal, turned_away, unreadable};
use certgate_wire::{Body, Codec, DecodeError, Reply, Request};
use certgate_xml::XmlCodec;
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};

use crate::{
    Fault, Settings, StateError, sender,
    state::StateFile,
    task,
    world::{Now, World, wrong_value},
};

/// What a gateway has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Requests, those turned away included.
    pub requests: usize,
    /// Requests turned away with 429.
    pub turned_away: usize,
    /// Orders accepted.
    pub orders: usize,
    /// Messages confirmed.
    pub confirms: usize,
}

/// The gateway. Clones are the same gateway.
#[derive(Clone)]
pub struct Gateway {
    shared: Arc<Mutex<Shared>>,
    xml: XmlCodec,
    json: JsonCodec,
    started: Instant,
}

struct Shared {
    world: World,
    faults: VecDeque<Fault>,
    /// Faults that wait until so many fitting tasks went well.
    later: Vec<(usize, Fault)>,
    counts: Counts,
    asked: HashMap<TaskKind, usize>,
    /// Where the world is kept.
    state: Option<StateFile>,
    arrivals: VecDeque<Duration>,
}

impl Gateway {
    /// With the documented page's world: certificate 571, account `user`, `password`, context 9.
    pub fn seeded() -> Self {
        Self::with(Settings::default())
    }

    /// With the same world, to these settings.
    ///
    /// # Panics
    /// The machine cannot make keys.
    #[allow(clippy::expect_used)]
    pub fn with(settings: Settings) -> Self {
        let now = now(&settings, Duration::ZERO);
        Self::of(World::new(settings, now).expect("the machine makes keys"), None)
    }

    /// With the world that is kept in that file, to these settings, and kept there after each change while it is served. Where
    /// there is no file yet, one with the same world as [`Gateway::with`] is made. Sessions end with the process. What was answered
    /// is kept however the process ends; a machine that loses its power may lose the last changes.
    ///
    /// # Errors
    /// The file cannot be read or written, or holds something else; then it stays as it is.
    pub fn kept(settings: Settings, file: &Path) -> Result<Self, StateError> {
        let unix = now(&settings, Duration::ZERO);
        let (file, world) = StateFile::read(file, &settings, unix)?;
        let world = match world {
            Some(world) => world,
            None => World::new(settings, unix).map_err(|why| StateError::Damaged(why.to_string()))?,
        };
        let gateway = Self::of(world, Some(file));
        gateway.locked(Shared::keep)?;
        Ok(gateway)
    }

    fn of(world: World, state: Option<StateFile>) -> Self {
        let faults = world.settings.faults.clone().into();
        let shared = Shared {
            world,
            faults,
            state,
            later: Vec::new(),
            counts: Counts::default(),
            asked: HashMap::new(),
            arrivals: VecDeque::new(),
        };
        let (xml, json) = (XmlCodec::default(), JsonCodec::default());
        Self { shared: Arc::new(Mutex::new(shared)), xml, json, started: Instant::now() }
    }

    /// What it has seen so far.
    pub fn counts(&self) -> Counts {
        self.locked(|shared| shared.counts)
    }

    /// How often a task of that kind was asked for, those refused included.
    pub fn asked(&self, kind: TaskKind) -> usize {
        self.locked(|shared| shared.asked.get(&kind).copied().unwrap_or_default())
    }

    /// Queues so many messages of others.
    pub fn push_foreign(&self, count: usize) {
        self.locked(|shared| (0..count).for_each(|_| shared.world.push_foreign()));
    }

    /// Misbehaves once more.
    pub fn inject(&self, fault: Fault) {
        self.locked(|shared| shared.faults.push_back(fault));
    }

    /// Misbehaves once more, after so many tasks that fit went well.
    pub fn inject_after(&self, tasks: usize, fault: Fault) {
        self.locked(|shared| shared.later.push((tasks, fault)));
    }

    /// How many sessions are open.
    pub fn sessions(&self) -> usize {
        self.locked(|shared| shared.world.sessions.len())
    }

    /// The ids of all sessions ever started: secrets that a client must not show.
    pub fn session_ids(&self) -> Vec<String> {
        self.locked(|shared| shared.world.session_ids.clone())
    }

    /// Ends every session, as the gateway does with idle ones.
    pub fn end_sessions(&self) {
        self.locked(|shared| shared.world.sessions.clear());
    }

    /// How often each certificate was ordered, by its id; new ones by their name.
    pub fn orders_by_certificate(&self) -> std::collections::BTreeMap<String, usize> {
        self.locked(|shared| {
            let mut counts = std::collections::BTreeMap::new();
            for order in shared.world.jobs.values() {
                let id = order.ordered.id.map(|id| id.to_string());
                let key = id.or_else(|| order.ordered.name.clone()).unwrap_or_default();
                *counts.entry(key).or_default() += 1;
            }
            counts
        })
    }

    /// How many messages wait in the queue.
    pub fn queue_len(&self) -> usize {
        self.locked(|shared| shared.world.queue.len())
    }

    fn locked<T>(&self, run: impl FnOnce(&mut Shared) -> T) -> T {
        run(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What becomes of a request. `uptime` since the gateway started, `unix` in seconds since 1970.
    pub fn handle(&self, protocol: Protocol, request: &Request, uptime: Duration, unix: i64) -> Handled {
        self.locked(|shared| shared.handle(self.codec(protocol), protocol, request, Now { uptime, unix }))
    }

    fn codec(&self, protocol: Protocol) -> &dyn Codec {
        match protocol {
            Protocol::Xml => &self.xml,
            Protocol::Json => &self.json,
        }
    }
}

impl Handler for Gateway {
    fn protocols(&self) -> &[Protocol] {
        &[Protocol::Xml, Protocol::Json]
    }

    fn handle(&self, protocol: Protocol, request: &Request, _: &Caller) -> Handled {
        let uptime = self.started.elapsed();
        let (time, latency) =
            self.locked(|shared| (now(&shared.world.settings, uptime), shared.world.settings.latency));
        let named = if protocol == Protocol::Json { sender::check_user_agent(request) } else { Ok(()) };
        if let Err(refusal) = named {
            let reply = self.json.encode_responses(&[(TaskKind::Hello, refusal)]).payload;
            return Handled::Reply(dated(reply, time), latency);
        }
        let handled = Self::handle(self, protocol, request, uptime, time);
        if let Err(why) = self.locked(Shared::keep) {
            let body = Body(format!("the simulator's state could not be kept: {why}\n").into_bytes());
            return Handled::Reply(Reply { body, ..plain(500) }, latency);
        }
        match handled {
            Handled::Reply(reply, delay) => Handled::Reply(dated(reply, time), delay + latency),
            Handled::CutShort(reply) => Handled::CutShort(dated(reply, time)),
            Handled::Dropped => Handled::Dropped,
        }
    }

    fn turn_away(&self, protocol: Protocol, status: u16, why: &str, _: &Caller) -> Option<Reply> {
        Some(turned_away(self.codec(protocol), status, why))
    }
}

/// The gateway's time so long after its start, in seconds since 1970.
fn now(settings: &Settings, uptime: Duration) -> i64 {
    let machine = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs().cast_signed());
    let time = settings.start.map_or_else(machine, |start| start.saturating_add(uptime.as_secs().cast_signed()));
    time.saturating_add(settings.clock_ahead)
}

/// The reply with its date, by the gateway's own clock.
fn dated(mut reply: Reply, time: i64) -> Reply {
    let date = Timestamp::from_second(time).ok();
    let date = date.and_then(|time| DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok());
    reply.headers.extend(date.map(|date| ("Date".to_owned(), date)));
    reply
}

impl Shared {
    fn handle(&mut self, codec: &dyn Codec, protocol: Protocol, request: &Request, now: Now) -> Handled {
        self.counts.requests += 1;
        if self.is_too_fast(now) {
            self.counts.turned_away += 1;
            return Handled::Reply(plain(429), Duration::ZERO);
        }
        self.world.protocol = protocol;
        let calls = match codec.decode_requests(None, request) {
            Ok(calls) => calls,
            Err(error) => {
                let answer = (TaskKind::Hello, self.undecodable(protocol, &error, now));
                let mut reply = codec.encode_responses(&[answer]).payload;
                if protocol == Protocol::Json && is_no_route(codec, request) {
                    reply.status = 404;
                }
                return Handled::Reply(reply, Duration::ZERO);
            }
        };
        let kinds: Vec<TaskKind> = calls.iter().map(|call| call.value.task.kind()).collect();
        for kind in &kinds {
            *self.asked.entry(*kind).or_default() += 1;
        }
        let fault = self.fault(&kinds);
        if let Some(Fault::Status(_, status)) = &fault {
            return Handled::Reply(plain(*status), Duration::ZERO);
        }
        match &fault {
            Some(Fault::DropBeforeRead(_)) => return Handled::Dropped,
            Some(Fault::Hang(_, delay)) => return Handled::Reply(plain(504), *delay),
            _ => {}
        }
        let mut answers: Vec<_> =
            calls.iter().map(|call| (call.value.task.kind(), self.answer(&call.value, now))).collect();
        let secret = calls.iter().find_map(|call| secret(&call.value)).unwrap_or_default();
        if let Some(Fault::Echo(_)) = &fault {
            answers.iter_mut().for_each(|(_, answer)| echo(answer, &secret));
        }
        if let Some(words) = &self.world.settings.words {
            answers.iter_mut().for_each(|(_, answer)| say(answer, words));
        }
        let mut reply = codec.encode_responses(&answers).payload;
        match fault {
            None | Some(Fault::Status(..) | Fault::DropBeforeRead(_) | Fault::Hang(..)) => {
                Handled::Reply(reply, Duration::ZERO)
            }
            Some(Fault::Late(_, delay)) => Handled::Reply(reply, delay),
            Some(Fault::Html502(_)) => Handled::Reply(html(502), Duration::ZERO),
            Some(Fault::Html200(_)) => Handled::Reply(html(200), Duration::ZERO),
            Some(Fault::CutShort(_)) => Handled::CutShort(reply),
            Some(Fault::DropAfterRead(_)) => Handled::Dropped,
            Some(Fault::Error200(_)) => {
                reply.status = 200;
                Handled::Reply(reply, Duration::ZERO)
            }
            Some(Fault::Unknown(_)) => {
                reply.body = with_unknown(&reply.body, protocol, "colour");
                Handled::Reply(reply, Duration::ZERO)
            }
            Some(Fault::Echo(_)) => {
                // As a name too, where it can be one in XML.
                if secret.starts_with(char::is_alphabetic) && secret.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                    reply.body = with_unknown(&reply.body, protocol, &secret);
                }
                Handled::Reply(reply, Duration::ZERO)
            }
        }
    }

    /// Writes down what was changed, where the world is to be kept.
    fn keep(&mut self) -> Result<(), StateError> {
        match &mut self.state {
            Some(file) => file.keep(&mut self.world),
            None => {
                self.world.kept();
                Ok(())
            }
        }
    }

    fn undecodable(&mut self, protocol: Protocol, why: &DecodeError, now: Now) -> Answer {
        Response { stid: Some(self.world.stid(now)), ..unreadable(protocol, why) }
    }

    fn is_too_fast(&mut self, now: Now) -> bool {
        let Some(pace) = self.world.settings.pace else { return false };
        while self.arrivals.front().is_some_and(|at| *at + Duration::from_secs(1) <= now.uptime) {
            self.arrivals.pop_front();
        }
        let too_fast = self.arrivals.len() >= pace as usize;
        if !too_fast {
            self.arrivals.push_back(now.uptime);
        }
        too_fast
    }

    fn fault(&mut self, kinds: &[TaskKind]) -> Option<Fault> {
        let fits = |fault: &Fault| fault.task().is_none_or(|task| kinds.contains(&task));
        if let Some(at) = self.faults.iter().position(fits) {
            return self.faults.remove(at);
        }
        if let Some(at) = self.later.iter().position(|(tasks, fault)| *tasks == 0 && fits(fault)) {
            return Some(self.later.remove(at).1);
        }
        self.later.iter_mut().filter(|(_, fault)| fits(fault)).for_each(|(tasks, _)| *tasks -= 1);
        None
    }

    fn answer(&mut self, call: &Call, now: Now) -> Answer {
        let refused = self.unauthorized(call, now);
        if let Some(mut refusal) =
            refused.or_else(|| sender::check_owner(&self.world.settings, self.world.protocol, call).err())
        {
            refusal.stid = Some(self.world.stid(now));
            refusal.ctid.clone_from(&call.options.ctid);
            return refusal;
        }
        let answer = task::run(&mut self.world, call, now);
        let kind = call.task.kind();
        if answer.verdict() != Some(Verdict::Refused) {
            self.counts.orders += usize::from(kind.mode() == Mode::Async);
            self.counts.confirms += usize::from(kind == TaskKind::PollConfirm);
        }
        answer
    }

    fn unauthorized(&mut self, call: &Call, now: Now) -> Option<Answer> {
        let account = &self.world.settings.account;
        let path = match &call.identity {
            None => "request.auth",
            Some(Identity::Session(session)) => {
                self.world.sessions.retain(|_, ends| *ends > now.uptime);
                if self.world.sessions.contains_key(Secret::expose(session)) {
                    return None;
                }
                "request.auth_session.hash"
            }
            Some(Identity::Credentials(given)) if given.user != account.user => "request.auth.user",
            Some(Identity::Credentials(given)) if given.password != account.password => "request.auth.password",
            Some(Identity::Credentials(given)) if given.context != account.context => "request.auth.context",
            Some(Identity::Credentials(given)) if account.token.is_some() && given.token != account.token => {
                "request.auth.token"
            }
            Some(Identity::Credentials(_)) => return None,
        };
        Some(refusal("E00000", wrong_value(path, "")))
    }
}

type Answer = Response<AnyData>;

/// Whether the method and path of a JSON request are those of no task.
fn is_no_route(codec: &dyn Codec, request: &Request) -> bool {
    codec.split_request(request).is_ok_and(|parts| parts.iter().all(|part| part.code.is_none()))
}

fn plain(status: u16) -> Reply {
    let mut headers = vec![("Content-Type".to_owned(), "text/plain".to_owned())];
    if matches!(status, 429 | 503) {
        headers.push(("Retry-After".to_owned(), "1".to_owned()));
    }
    Reply { status, headers, body: Body(format!("HTTP {status}").into_bytes()) }
}

fn html(status: u16) -> Reply {
    let headers = vec![("Content-Type".to_owned(), "text/html".to_owned())];
    Reply { status, headers, body: Body(b"<html><body><h1>Bad Gateway</h1></body></html>".to_vec()) }
}

/// What a request shows to be let in.
fn secret(call: &Call) -> Option<String> {
    match call.identity.as_ref()? {
        Identity::Credentials(credentials) => Some(credentials.password.expose().to_owned()),
        Identity::Session(session) => Some(session.expose().to_owned()),
    }
}

fn echo(answer: &mut Answer, secret: &str) {
    answer.stid = Some(format!("stid-{secret}"));
    answer.status.text = Some(secret.to_owned());
    answer.messages.push(wrong_value("request.auth.password", secret));
    for data in &mut answer.data {
        if let AnyData::Certificate(certificate) = data {
            certificate.comment = Some(format!("by {secret}"));
        }
    }
}

/// Puts words into every text of an answer that nobody decides by.
fn say(answer: &mut Answer, words: &str) {
    fn into(messages: &mut [Message], words: &str) {
        for message in messages {
            message.text = Some(words.to_owned());
            message.notice = Some(words.to_owned());
            message.objects = vec![GenericObject { r#type: Some(words.to_owned()), value: Some(words.to_owned()) }];
            into(&mut message.messages, words);
        }
    }
    answer.stid = Some(words.to_owned());
    answer.status.text = Some(words.to_owned());
    into(&mut answer.messages, words);
    for data in &mut answer.data {
        match data {
            AnyData::Certificate(certificate) => {
                certificate.comment = Some(words.to_owned());
                // What stands around a certificate is no part of it.
                certificate.server = certificate.server.take().map(|server| format!("{words}\n{server}"));
            }
            AnyData::PollMessage(message) => into(&mut message.messages, words),
            AnyData::SslContact(contact) => contact.city = Some(words.to_owned()),
            _ => {}
        }
    }
}

fn with_unknown(body: &[u8], protocol: Protocol, name: &str) -> Body {
    let text = String::from_utf8_lossy(body);
    Body(match protocol {
        Protocol::Xml => text.replacen("<result>", &format!("<result><{name}>blue</{name}>"), 1).into_bytes(),
        Protocol::Json => text.replacen('{', &format!("{{\"{name}\":\"blue\","), 1).into_bytes(),
    })
}
