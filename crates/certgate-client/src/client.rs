//! One task at a time: encode, pace, send, decide, decode.

mod reading;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use certgate_domain::{
    AnyTask, Call, Credentials, Data, Identity, Moment, Options, Protocol, Response, Secret, Task, TaskKind, Verdict,
};
use certgate_flow::{Decision, RateLimiter, TransportFailure, decide};
use certgate_wire::{Codec, DecodeError, Decoded, Reply, Request};
use jiff::Timestamp;

use crate::{
    Asker, Error, Exchange, GatewayError, Interceptor, Interrupt, Meter, NetworkError, Outgoing, Phase, PreparedCall,
    Redactor, SendError, TaskError, Throttle, Transport, TransportError,
    exchange::{is_of_an_intermediary, retry_after},
    interceptor::through,
    session::Session,
    throttle::OwnPace,
};

/// A gateway, spoken to over one protocol.
pub struct Client {
    pub(crate) codec: Box<dyn Codec>,
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) credentials: Credentials,
    pub(crate) redactor: Redactor,
    /// Whose secrets the redactor knows, where they are somebody's for whom it asks.
    pub(crate) hidden: Option<Identity>,
    /// The session that stands for the credentials, where one is to be kept.
    pub(crate) session: Session,
    options: Options,
    /// Whether an answer that is not understood whole is none.
    is_strict: bool,
    pub(crate) throttle: Arc<dyn Throttle>,
    pub(crate) interrupt: Interrupt,
    interceptors: Vec<Arc<dyn Interceptor>>,
    meter: Option<Arc<dyn Meter>>,
    started: Instant,
    /// The time that a replay did not wait.
    skipped: Duration,
    /// What the gateway's clock and this machine's showed at the last answer that said its date, in seconds since 1970.
    last_date: Option<(i64, i64)>,
    pub(crate) patience: Patience,
}

/// How long a client tries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// One for all that it does, since it was made.
    pub(crate) deadline: Option<Duration>,
    /// What one request may take in all, and a pause before it where there is no deadline.
    pub(crate) longest: Duration,
    /// Whether anything is sent again.
    pub(crate) retries: bool,
}

/// What one request may take in all, where the workflow's deadline is not nearer.
const LONGEST: Duration = Duration::from_secs(120);

const SLOW_DOWN: &str = "the gateway asks to slow down (HTTP 429): nothing was done";

impl Client {
    /// Speaks that protocol over that transport.
    pub fn new(codec: Box<dyn Codec>, transport: Box<dyn Transport>, credentials: Credentials) -> Self {
        let redactor = Redactor::new(&credentials);
        Self {
            codec,
            transport,
            credentials,
            redactor,
            hidden: None,
            session: Session::Unwanted,
            options: Options::default(),
            is_strict: false,
            throttle: Arc::new(OwnPace::new(RateLimiter::GATEWAY)),
            interrupt: Interrupt::default(),
            interceptors: Vec::new(),
            meter: None,
            started: Instant::now(),
            skipped: Duration::ZERO,
            last_date: None,
            patience: Patience { deadline: None, longest: LONGEST, retries: true },
        }
    }

    /// With these options on every task.
    #[must_use]
    pub fn with_options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Taking no answer of [`Client::ask`] and [`Client::call`] that holds something unknown: [`GatewayError::Unexpected`].
    #[must_use]
    pub fn strict(mut self, is_strict: bool) -> Self {
        self.is_strict = is_strict;
        self
    }

    /// Sets the number of requests a second (default: [`RateLimiter::GATEWAY`]).
    #[must_use]
    pub fn with_pace(mut self, per_second: usize) -> Self {
        self.throttle = Arc::new(OwnPace::new(per_second));
        self
    }

    /// At a pace shared with others.
    #[must_use]
    pub fn with_throttle(mut self, throttle: Arc<dyn Throttle>) -> Self {
        self.throttle = throttle;
        self
    }

    /// Stopping when that is raised.
    #[must_use]
    pub fn with_interrupt(mut self, interrupt: Interrupt) -> Self {
        self.interrupt = interrupt;
        self
    }

    /// With that interceptor around each exchange, inside of those given before.
    #[must_use]
    pub fn with_interceptor(mut self, interceptor: Arc<dyn Interceptor>) -> Self {
        self.interceptors.push(interceptor);
        self
    }

    /// Counting its tasks there.
    #[must_use]
    pub fn with_meter(mut self, meter: Arc<dyn Meter>) -> Self {
        self.meter = Some(meter);
        self
    }

    /// With one deadline, since the client was made, for all that follows.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.patience.deadline = Some(deadline);
        self
    }

    /// Shares `other`'s start time, so that deadlines of several clients agree.
    #[must_use]
    pub fn with_clock_of(mut self, other: &Self) -> Self {
        self.started = other.started;
        self
    }

    /// Sets the total timeout of one request (default: 120 s).
    #[must_use]
    pub fn with_longest(mut self, longest: Duration) -> Self {
        self.patience.longest = longest;
        self
    }

    /// Sending nothing again, not even what is safe to repeat: the first trouble is the answer.
    #[must_use]
    pub fn without_retries(mut self) -> Self {
        self.patience.retries = false;
        self
    }

    /// The protocol that it speaks.
    pub fn protocol(&self) -> Protocol {
        self.codec.protocol()
    }

    /// The later instant, in seconds since 1970, that a time of an answer may mean where it may mean two.
    pub fn later_reading(&self, moment: &Moment) -> Option<i64> {
        self.codec.later_reading(moment)
    }

    /// Where it sends to, for people.
    pub fn endpoint(&self) -> &str {
        self.transport.endpoint()
    }

    /// The time since the client was made.
    pub fn now(&self) -> Duration {
        self.started.elapsed() + self.skipped
    }

    /// What the gateway's clock and this machine's showed at the last answer that said its date, in seconds since 1970.
    pub fn last_date(&self) -> Option<(i64, i64)> {
        self.last_date
    }

    /// Rests so long, or until the run is asked to stop. In a replay nobody is waited for: the time has passed.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn rest(&mut self, duration: Duration) -> Result<(), Error> {
        if self.is_answered_offline() {
            self.skipped += duration;
        } else {
            self.interrupt.sleep(duration);
        }
        if self.interrupt.is_raised() { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// Whether no request reaches the gateway.
    pub fn is_answered_offline(&self) -> bool {
        self.interceptors.iter().any(|interceptor| interceptor.answers_everything())
    }

    /// Whether the next request that an interceptor has an answer to is one of that task.
    pub fn is_answered_next(&self, task: TaskKind) -> bool {
        self.interceptors.iter().any(|interceptor| interceptor.answers_next(task))
    }

    /// The pace that it keeps.
    pub fn throttle(&self) -> &Arc<dyn Throttle> {
        &self.throttle
    }

    /// What stops it.
    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// The options on every task.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The options on every task that follows.
    pub fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }

    /// A text without this run's secrets.
    pub fn redacted(&self, text: &str) -> String {
        self.redactor.text(text)
    }

    /// What is shown of a reply: its body without this run's secrets.
    pub fn redacted_reply(&self, reply: &Reply) -> String {
        self.redactor.reply(&*self.codec, reply)
    }

    /// Sends a task and waits for its answer. A refusal is an error here.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn call<T: Task>(&mut self, task: T) -> Result<Decoded<Response<T::Data>>, Error> {
        let Decoded { value, findings } = self.ask(&task.into())?.answer;
        let Response { stid, ctid, status, object, messages, data } = value;
        let data = data.into_iter().filter_map(T::Data::from_any).collect();
        Ok(Decoded { value: Response { stid, ctid, status, object, messages, data }, findings })
    }

    /// The same with the whole exchange.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn ask(&mut self, task: &AnyTask) -> Result<Exchange, Error> {
        let exchange = self.exchange(task)?;
        let exchange = self.accepted(task.kind(), exchange)?;
        self.understood(task.kind(), exchange)
    }

    /// The request for a task as it would be sent, for showing: without its secrets.
    pub fn shown(&self, task: &AnyTask) -> (Request, String) {
        let shown = Credentials { password: Secret::new("…"), ..self.credentials.clone() };
        let payload = self.codec.encode_request(&self.call_of(task, shown.into())).payload;
        let text = self.redactor.request(&*self.codec, self.transport.endpoint(), &payload);
        (payload, text)
    }

    /// A task with this client's options.
    fn call_of(&self, task: &AnyTask, identity: Identity) -> Call {
        Call { task: task.clone(), options: self.options.clone(), identity: Some(identity) }
    }

    /// Sends a task and waits for its answer, which may be a refusal. What never left or was turned away unread (HTTP 429) is sent again, and besides
    /// only what is safe to repeat.
    ///
    /// # Errors
    /// See [`Error`]; never [`GatewayError::Refused`].
    pub fn exchange(&mut self, task: &AnyTask) -> Result<Exchange, Error> {
        self.exchange_for(task, None)
    }

    /// Like [`Client::exchange`]; `is_wanted` is asked just before the task leaves, and while it waits for its turn.
    ///
    /// # Errors
    /// Besides: [`Error::HungUp`] where it is not wanted any more. Nothing was sent then.
    pub fn exchange_while(&mut self, task: &AnyTask, is_wanted: &dyn Fn() -> bool) -> Result<Exchange, Error> {
        self.exchange_for(task, Some(&Asker::patient(&|| !is_wanted())))
    }

    fn exchange_for(&mut self, task: &AnyTask, asker: Option<&Asker<'_>>) -> Result<Exchange, Error> {
        if let Some(missing) = task.missing() {
            return Err(TaskError::Incomplete { task: task.kind(), missing }.into());
        }
        match &self.session {
            Session::Unwanted => self.send(task, self.credentials.clone().into(), asker),
            _ => self.send_in_session(task, asker),
        }
    }

    /// Sends a task as somebody.
    pub(crate) fn send(
        &mut self,
        task: &AnyTask,
        identity: Identity,
        asker: Option<&Asker<'_>>,
    ) -> Result<Exchange, Error> {
        let call = self.prepared(self.call_of(task, identity))?;
        self.deliver(&call, asker)
    }

    pub(crate) fn deliver(&mut self, call: &PreparedCall, asker: Option<&Asker<'_>>) -> Result<Exchange, Error> {
        let came = self.deliver_uncounted(call, asker);
        let date = came.as_ref().ok().and_then(Exchange::date);
        self.last_date = date.map(|date| (date, Timestamp::now().as_second())).or(self.last_date);
        if let Some(meter) = &self.meter {
            meter.count(call.call().task.kind(), self.codec.protocol(), &came);
        }
        came
    }

    fn deliver_uncounted(&mut self, call: &PreparedCall, asker: Option<&Asker<'_>>) -> Result<Exchange, Error> {
        let PreparedCall { call, request } = call;
        let kind = call.task.kind();
        let safe = kind.is_safe_to_repeat();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let departed = self.wait_for_departure(asker);
            departed.map_err(|stay| stay.of(kind, attempt - 1, asker.is_some_and(|asker| asker.limit().is_some())))?;
            let Patience { deadline, longest, retries } = self.patience;
            let left = deadline.map_or(longest, |deadline| deadline.saturating_sub(self.now()));
            // An order is given its time: cut off, its outcome would be unknown.
            let timeout = if safe { left.min(longest).max(Duration::from_secs(1)) } else { longest };
            let sent = self.send_once(kind, attempt, request, timeout);
            let (trouble, why, phase) = match sent {
                Err(SendError::Interceptor(error)) => return Err(Error::Intercepted(error)),
                Err(SendError::Transport(TransportError::NotSent(why, phase))) => {
                    (TransportFailure::NotSent, why, phase)
                }
                Err(SendError::Transport(TransportError::Refused(why, phase))) => {
                    (TransportFailure::Refused, why, phase)
                }
                Err(SendError::Transport(TransportError::Unreadable(why))) => {
                    (TransportFailure::Unreadable, why, Phase::Answer)
                }
                Err(SendError::Transport(TransportError::Unanswered(why, phase))) => {
                    (TransportFailure::Unanswered, why, phase)
                }
                Err(SendError::Transport(TransportError::TooLarge { limit, start })) => {
                    let found = format!("more than {limit} bytes");
                    let error = DecodeError::new("body", found, "an answer within the limit");
                    let shown = self.redactor.start(&*self.codec, &start);
                    return Err(self.undecodable_as(kind, error, &start, shown));
                }
                Ok(reply) => match self.judge(kind, reply)? {
                    Ok(exchange) => return Ok(exchange),
                    Err((trouble @ TransportFailure::Busy { .. }, why)) => (trouble, why, Phase::Pace),
                    Err((trouble, why)) => (trouble, why, Phase::Answer),
                },
            };
            if let TransportFailure::Busy { retry_after: Some(pause) }
            | TransportFailure::ServerError { retry_after: Some(pause) } = trouble
                && !self.is_answered_offline()
            {
                self.throttle.hold(pause);
            }
            match decide(attempt, trouble, safe, fastrand::f64()) {
                Decision::Again(pause) if retries && self.has_time_for(pause, asker) => self.rest(pause)?,
                Decision::Again(_) | Decision::GiveUp => {
                    let why = self.redacted(&why);
                    return Err(NetworkError::Unreachable { task: kind, why, attempts: attempt, phase }.into());
                }
                Decision::Unknown => {
                    let ctid = call.options.ctid.clone();
                    return Err(NetworkError::OutcomeUnknown { task: kind, why: self.redacted(&why), ctid }.into());
                }
            }
        }
    }

    pub(crate) fn send_once(
        &mut self,
        task: TaskKind,
        attempt: u32,
        request: &Request,
        timeout: Duration,
    ) -> Result<Reply, SendError> {
        let endpoint = self.transport.endpoint().to_owned();
        let outgoing = Outgoing {
            task,
            attempt,
            since: self.started.elapsed(),
            endpoint: &endpoint,
            request,
            codec: &*self.codec,
            redactor: &self.redactor,
        };
        let transport = &mut self.transport;
        let mut send = || match task.is_safe_to_repeat() {
            true => transport.send_repeatable(request, timeout),
            false => transport.send(request, timeout),
        };
        through(&self.interceptors, &outgoing, &mut || Ok(send()?))
    }

    /// What a reply is: an answer, a trouble that may pass, or an error. An answer of the protocol decides by itself; the
    /// HTTP status only where there is none.
    fn judge(&self, task: TaskKind, reply: Reply) -> Result<Result<Exchange, (TransportFailure, String)>, Error> {
        let retry_after = retry_after(&reply);
        let status = reply.status;
        let (read, reply) = self.read(task, reply);
        let error = match read {
            // One that is turned away for the pace alone is asked again, whatever else is said.
            Ok(answer) if status == 429 && answer.value.verdict().is_none_or(|said| said == Verdict::Refused) => {
                let code = answer.value.status.code.as_ref().map_or("no code", |code| code.as_str());
                let stid = answer.value.stid.as_deref().unwrap_or("none");
                let why = format!("{SLOW_DOWN} ({code}, stid {stid})");
                return Ok(Err((TransportFailure::Busy { retry_after }, why)));
            }
            // Whoever stands between has no answer: it says so in the protocol's form, and means no refusal of the gateway.
            Ok(answer) if is_of_an_intermediary(status, task) && answer.value.verdict() == Some(Verdict::Refused) => {
                let said = answer.value.all_messages().filter_map(|message| message.text.as_deref());
                let why = format!("HTTP {status}: {}", said.collect::<Vec<_>>().join("; "));
                return Ok(Err((TransportFailure::ServerError { retry_after }, why)));
            }
            Ok(answer) => return Ok(Ok(Exchange { answer, reply })),
            Err(error) => error,
        };
        match status {
            429 => Ok(Err((TransportFailure::Busy { retry_after }, SLOW_DOWN.to_owned()))),
            401 | 403 => Err(GatewayError::Unauthorized { task, http_status: status }.into()),
            // What an answer after the work looks like: see elsewhere, nothing new, a choice. The others say that it is to be asked elsewhere.
            300 | 302..=306 if !task.is_safe_to_repeat() => {
                Ok(Err((TransportFailure::Unanswered, self.no_answer(&reply))))
            }
            // No redirect: an answer of a cache, to whoever keeps an older one.
            304 => Ok(Err((TransportFailure::Unreadable, self.no_answer(&reply)))),
            300..=399 => {
                let to = reply.header("location").map_or_else(|| "elsewhere".to_owned(), |to| self.redactor.header(to));
                let why = format!("redirected to {to} (HTTP {status}): redirects are refused, correct the endpoint");
                Err(NetworkError::Unreachable { task, why, attempts: 1, phase: Phase::Answer }.into())
            }
            407 => {
                let why = "the proxy wants credentials (HTTP 407)".to_owned();
                Err(NetworkError::Unreachable { task, why, attempts: 1, phase: Phase::ProxyCredentials }.into())
            }
            500..=599 => Ok(Err((TransportFailure::ServerError { retry_after }, format!("HTTP {status}")))),
            _ => Err(self.undecodable(task, error, &reply)),
        }
    }

    fn no_answer(&self, reply: &Reply) -> String {
        let to = reply.header("location").map(|to| format!(", and points to {}", self.redactor.header(to)));
        format!("HTTP {} is no answer{}", reply.status, to.unwrap_or_default())
    }

    pub(crate) fn undecodable(&self, task: TaskKind, error: DecodeError, reply: &Reply) -> Error {
        self.undecodable_as(task, error, reply, self.redacted_reply(reply))
    }

    /// The same, with what is shown of its body.
    fn undecodable_as(&self, task: TaskKind, error: DecodeError, reply: &Reply, shown: String) -> Error {
        let message = (task == TaskKind::PollInfo).then(|| self.codec.undecoded_message(&reply.body)).flatten();
        let (http_status, endpoint) = (reply.status, self.transport.endpoint().to_owned());
        GatewayError::Undecodable { task, error, http_status, endpoint, body: shown.into_bytes(), message }.into()
    }
}
