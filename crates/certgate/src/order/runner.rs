//! Drives orders to their end: one or many, several requests in flight, one pace, one look into the queue for all.

mod member;
mod shared;
mod worker;

use std::{
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

use certgate_domain::TaskKind;
use certgate_flow::{Batch, ForeignMessages, Workflow};
use certgate_store::{Claim, InstallOptions, ResumeData};

use self::{member::Member, shared::Shared, worker::Worker};
use crate::{
    Client, Error, GatewayClock, Journal, Observer, OrderId, OrderReport, RunningJobs,
    installation::{FolderTurn, HookTime},
    unix_now,
    validation::Validation,
};

/// An order that is to be driven.
pub struct RunItem {
    /// Its own id.
    pub id: OrderId,
    /// Its task.
    pub task: TaskKind,
    /// Its life, from wherever it stands.
    pub flow: Box<dyn Workflow>,
    /// Where the certificate goes.
    pub install: Option<InstallOptions>,
    /// What a later process needs to carry on with it.
    pub resume: ResumeData,
    /// The line of a batch that it is of.
    pub batch: Option<String>,
    /// The claim that it is ordered by, right before its first task is sent; where another process has claimed it, this run
    /// leaves it alone.
    pub claim: Option<Claim>,
    /// The turn of its folder, which is taken before its first task is sent and given back when it ended; where another process has it,
    /// this run leaves the order alone.
    pub turn: Option<FolderTurn>,
    /// How control over the certificate's names is shown.
    pub validation: Validation,
    /// Whether the store holds the order, or is to hold it. One that was made elsewhere is only waited for.
    pub is_recorded: bool,
    /// When the account had no certificate of its name, of a new one that it is to have once, in milliseconds since 1970.
    pub none_since: Option<i64>,
    /// What is ordered in its place where the gateway refuses it as a renewal that is too early.
    pub instead: Option<Box<RunItem>>,
}

impl RunItem {
    /// An order whose certificate goes nowhere, recorded as its own.
    pub fn new(id: OrderId, task: TaskKind, flow: Box<dyn Workflow>) -> Self {
        Self {
            id,
            task,
            flow,
            install: None,
            resume: ResumeData::default(),
            batch: None,
            claim: None,
            turn: None,
            validation: Validation::default(),
            is_recorded: true,
            none_since: None,
            instead: None,
        }
    }
}

impl std::fmt::Debug for RunItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunItem").field("id", &self.id).field("task", &self.task).finish_non_exhaustive()
    }
}

/// How orders are driven.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// What is done with messages of others in the account's queue.
    pub foreign: ForeignMessages,
    /// The folder that messages of others are handed over in. Without one they stay in the store.
    pub spool: Option<PathBuf>,
    /// Whether a demo certificate fails its checks.
    pub no_demo: bool,
    /// Whether demo certificates are asked for.
    pub demo: bool,
    /// The clock that certificates are checked by. Default: the machine's.
    pub clock: Clock,
    /// Whether nothing is ordered while the gateway's clock and the machine's are more than [`CLOCK_TOLERANCE`](crate::CLOCK_TOLERANCE) apart. Default:
    /// so it is; a tape answers with the dates of its recording.
    pub compares_clocks: bool,
    /// When hooks of certificates run that are the same for each of them. Default: at once.
    pub hook_time: HookTime,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            foreign: ForeignMessages::default(),
            spool: None,
            no_demo: false,
            demo: false,
            clock: Clock::default(),
            compares_clocks: true,
            hook_time: HookTime::Now,
        }
    }
}

impl RunOptions {
    /// Whether the gateway's clock and the machine's agree, where they are compared and the gateway said its date.
    pub(super) fn check_clock(&self, clock: Option<GatewayClock>) -> Result<(), Error> {
        Ok(clock.filter(|_| self.compares_clocks).map_or(Ok(()), GatewayClock::check)?)
    }
}

/// A clock, such as that of a tape.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// A clock that gives the seconds since 1970.
    pub fn new(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(|| unix_now() / 1000)
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// Drives orders with some clients, one request in flight each.
pub struct Runner<'a> {
    clients: Vec<&'a mut Client>,
    options: RunOptions,
    running: RunningJobs,
}

/// What a run came to.
#[derive(Debug)]
pub struct Run {
    /// The orders, each as it ended, in the order in which they were given.
    pub reports: Vec<OrderReport>,
    /// Why the run ended before its orders did: it was interrupted, or the store failed.
    pub error: Option<Error>,
}

impl<'a> Runner<'a> {
    /// A runner that sends with these clients. They have to share their clock and interrupt.
    pub fn new(clients: Vec<&'a mut Client>, options: RunOptions) -> Self {
        Self { clients, options, running: RunningJobs::unasked() }
    }

    /// Looking for jobs of others right before an order leaves (default: [`RunningJobs::unasked`]): somebody may have begun since it
    /// was prepared.
    #[must_use]
    pub fn looking_for(self, running: RunningJobs) -> Self {
        Self { running, ..self }
    }

    /// Drives the orders until each ended, or the run is interrupted, or the store fails. What was sent is in the store then.
    pub fn run(self, journal: &mut Journal, items: Vec<RunItem>, observer: &mut dyn Observer) -> Run {
        let Self { mut clients, mut options, running } = self;
        // A tape's queue is nobody else's, and one of its messages may come before the order that it is about.
        if options.foreign == ForeignMessages::Keep && clients.iter().any(|client| client.is_answered_offline()) {
            options.foreign = ForeignMessages::Spool;
        }
        let (mut flows, mut members) = (Vec::new(), Vec::new());
        for item in items {
            let (member, flow) = Member::of(item);
            members.push(member);
            flows.push(flow);
        }
        let shared = Mutex::new(Shared {
            batch: Batch::new(flows, options.foreign),
            members,
            journal,
            observer,
            options: &options,
            body: Vec::new(),
            error: None,
            stopped: false,
            is_over: false,
            looked: Duration::ZERO,
            unknown: None,
            gateway_clock: None,
            said: None,
        });
        let (running, changed) = (Mutex::new(running), Condvar::new());
        let is_alone = clients.len() <= 1;
        if let [client] = &mut clients[..] {
            Worker { client, shared: &shared, running: &running, changed: &changed, is_alone }.work();
        } else {
            std::thread::scope(|scope| {
                for client in clients {
                    let (shared, running, changed) = (&shared, &running, &changed);
                    scope.spawn(move || Worker { client, shared, running, changed, is_alone }.work());
                }
            });
        }
        shared.into_inner().unwrap_or_else(PoisonError::into_inner).close()
    }
}
