//! The handler of a bridge.

use std::{sync::Arc, time::Duration};

use certgate_client::Client;
use certgate_domain::{Protocol, TaskKind};
use certgate_server::{Caller, Handled, Handler, turned_away};
use certgate_wire::{Codec, Finding, Reply, Request};

use crate::{
    AccessLog, Event, ShadowReport, Side, Sides, Way,
    access_log::Entry,
    counts::Counts,
    front::{Asked, Front},
    incoming::{Ended, Incoming},
    outcome::Outcome,
    pool::Pool,
    shadow::Shadow,
};

/// Answers requests in one protocol by asking a gateway over the other one. It knows no account: who asks is passed on.
pub struct Bridge {
    pub(crate) front: Arc<Front>,
    /// The gateway over the other protocol.
    pub(crate) behind: Pool,
    /// The gateway over the front's own protocol, for what goes through as it is.
    pub(crate) beside: Option<Pool>,
    /// The tasks that go over the other protocol (default: all).
    only: Option<Vec<TaskKind>>,
    stands_for: Vec<String>,
    pub(crate) max_wait: Duration,
    pub(crate) is_strict: bool,
    tell: Arc<dyn Fn(&Event<'_>) + Send + Sync>,
    counts: Counts,
    access_log: Option<AccessLog>,
    pub(crate) shadow: Option<Shadow>,
}

/// How long a task waits for the gateway's pace by default.
const MAX_WAIT: Duration = Duration::from_secs(20);

impl Bridge {
    /// Speaks the protocol of `codec` in front, and asks by these clients, each for one request at a time. `tell` is told what
    /// happens.
    pub fn new(codec: Box<dyn Codec>, clients: Vec<Client>, tell: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        Self {
            front: Arc::new(Front { codec }),
            behind: Pool::new(clients),
            beside: None,
            only: None,
            stands_for: Vec::new(),
            max_wait: MAX_WAIT,
            is_strict: false,
            tell: Arc::new(tell),
            counts: Counts::default(),
            access_log: None,
            shadow: None,
        }
    }

    /// Passes what does not go over the other protocol through as it is, by these clients of a gateway that speaks the front's.
    #[must_use]
    pub fn passing_through(mut self, clients: Vec<Client>) -> Self {
        self.beside = Some(Pool::new(clients));
        self
    }

    /// Takes what is meant for these addresses of gateways too, where it listens for this machine only.
    #[must_use]
    pub fn standing_for(mut self, addresses: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.stands_for.extend(addresses.into_iter().map(Into::into));
        self
    }

    /// Asks for these tasks only over the other protocol [default: for all that are known].
    #[must_use]
    pub fn only(mut self, tasks: Vec<TaskKind>) -> Self {
        self.only = Some(tasks);
        self
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

    /// Writes a line for each request into that log.
    #[must_use]
    pub fn access_log(mut self, log: AccessLog) -> Self {
        self.access_log = Some(log);
        self
    }

    /// Has the front's own gateway answer everything, and asks for what changes nothing on both sides: what differs is told. Gives what
    /// comparisons come to.
    pub fn shadowing(mut self, sides: Sides) -> (Self, ShadowReport) {
        let tell = self.tell.clone();
        let shadow = Shadow::start(sides, self.front.clone(), move |task, fields| {
            tell(&Event::Different { task, fields });
        });
        let report = shadow.report().clone();
        self.shadow = Some(shadow);
        (self, report)
    }

    /// Whether a task is meant to go over the other protocol.
    pub(crate) fn is_switched_over(&self, kind: TaskKind) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&kind))
    }

    /// Which way a task goes.
    pub(crate) fn way(&self, asked: &Asked) -> Way {
        let kind = asked.kind(self.front.protocol());
        let is_switched_over = self.shadow.is_none() && kind.is_some_and(|kind| self.is_switched_over(kind));
        match (is_switched_over, &asked.read, &self.beside) {
            (true, Ok(_), _) => Way::Behind,
            (false, _, Some(_)) => Way::PassedThrough,
            _ => Way::Nowhere,
        }
    }

    /// Writes the line of a request that is over.
    fn log(&self, outcomes: &[Outcome], status: Option<u16>, caller: &Caller) {
        let Some(log) = &self.access_log else { return };
        if let Some(why) = log.write(&Entry { outcomes, status, took: caller.since().elapsed() }) {
            self.tell(&Event::NotLogged { why: &why });
        }
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        (self.tell)(event);
    }

    pub(crate) fn tell_findings(&self, task: TaskKind, side: Side, findings: &[Finding]) {
        for finding in findings {
            self.tell(&Event::Finding { task, side, finding });
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

    fn stands_for(&self) -> &[String] {
        &self.stands_for
    }

    fn handle(&self, _: Protocol, request: &Request, caller: &Caller) -> Handled {
        let Ended { outcomes, reply } = Incoming::new(self, request, caller).run();
        let has_hung_up = caller.has_hung_up();
        for outcome in &outcomes {
            self.counts.task(outcome);
            self.tell(&Event::Answered {
                task: outcome.task(),
                way: outcome.way,
                code: outcome.code(),
                stid: outcome.stid(),
            });
        }
        self.log(&outcomes, (!has_hung_up).then_some(reply.status), caller);
        if has_hung_up {
            self.tell(&Event::HungUp);
            return Handled::Dropped;
        }
        Handled::Reply(reply, Duration::ZERO)
    }

    fn turn_away(&self, _: Protocol, status: u16, why: &str, caller: &Caller) -> Option<Reply> {
        self.log(&[], Some(status), caller);
        Some(turned_away(&*self.front.codec, status, why))
    }

    fn max_wait(&self) -> Duration {
        self.max_wait
    }

    fn metrics(&self) -> String {
        let waiting = self.behind.waiting() + self.beside.as_ref().map_or(0, Pool::queued);
        let shadow = self.shadow.as_ref().map(|shadow| shadow.report().metrics());
        self.counts.text(waiting) + &shadow.unwrap_or_default()
    }

    fn page(&self, path: &str) -> Option<Reply> {
        let report = self.shadow.as_ref().filter(|_| path == "/shadow")?.report().document();
        let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        Some(Reply { headers, ..Reply::of(format!("{report:#}\n")) })
    }
}
