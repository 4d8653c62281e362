//! The tasks of a run: each is begun, all orders are driven together, and hooks that do the same for several certificates run once.

use std::path::Path;

use certgate_store::Order;

use super::task::{EndedTask, Task, TaskError};
use crate::order::is_open_order_of;
use crate::{
    Client, Control, Error, Event, Installation, Journal, Observer, OrderId, OrderReport, Outcome, Preparation,
    PreparationOptions, Run, RunOptions, Runner, RunningJobs, fetch,
    installation::{Deployment, deploy_together},
    validation::ValidationError,
};

/// A run through tasks. A single order is a run with one task.
pub struct TaskRun<'r> {
    /// They send, one request in flight each, and share their clock and interrupt.
    pub clients: Vec<&'r mut Client>,
    /// Where orders are recorded.
    pub journal: &'r mut Journal,
    /// How orders are prepared.
    pub preparation: PreparationOptions,
    /// How orders are driven.
    pub options: RunOptions,
    /// The account's jobs that run.
    pub running: RunningJobs,
    /// The profile that the clients are of. It is remembered with what is installed.
    pub profile: Option<String>,
}

/// What a task came to.
pub enum TaskOutcome<'o> {
    /// Its order was driven, and ended so.
    Ordered(&'o OrderReport),
    /// The gateway's certificate was fetched, and came to that.
    Fetched(Outcome),
    /// Its hook was repeated.
    Deployed {
        /// The certificate's folder.
        folder: &'o Path,
        /// What came of the hook.
        deployment: &'o Deployment,
    },
    /// It was over without an order that was driven.
    Ended(EndedTask),
    /// The run was stopped before it was begun.
    NotReached,
}

/// Follows a run through tasks.
pub trait TaskObserver: Observer {
    /// A task came to its end. `task` is the id of its order, be it one that was not placed, and `record` what the store holds of that; of what
    /// another process is at, it is that one's order.
    fn ended(&mut self, task: &OrderId, record: Option<&Order>, outcome: TaskOutcome<'_>);
}

/// Follows a run for somebody who is told of its orders alone, and collects what the tasks without one came to.
pub(crate) struct Following<'f> {
    observer: &'f mut dyn Observer,
    /// What each task came to that was over without an order; orders that were driven come with the end of the run.
    pub(crate) ended: Vec<(OrderId, Result<Outcome, EndedTask>)>,
}

impl<'f> Following<'f> {
    pub(crate) fn new(observer: &'f mut dyn Observer) -> Self {
        Self { observer, ended: Vec::new() }
    }
}

impl Observer for Following<'_> {
    fn on(&mut self, order: Option<&OrderId>, event: &Event<'_>) -> Control {
        self.observer.on(order, event)
    }
}

impl TaskObserver for Following<'_> {
    fn ended(&mut self, task: &OrderId, _: Option<&Order>, outcome: TaskOutcome<'_>) {
        let result = match outcome {
            TaskOutcome::Ordered(_) | TaskOutcome::NotReached => return,
            TaskOutcome::Fetched(outcome) => Ok(outcome),
            TaskOutcome::Deployed { deployment, .. } => Err(EndedTask::Deployed(deployment.clone())),
            TaskOutcome::Ended(ended) => Err(ended),
        };
        self.ended.push((task.clone(), result));
    }
}

/// What a hook that is left to the end of the run is for, since it is the same for several certificates.
enum DeferredHook<'l> {
    Ordered(&'l mut OrderReport),
    Fetched(OrderId, Outcome),
    Repeated(OrderId, Box<Installation>),
}

impl DeferredHook<'_> {
    fn installation(&self, now: i64) -> Option<Installation> {
        let installation = match self {
            Self::Ordered(report) => report.outcome.hook_due(),
            Self::Fetched(_, outcome) => outcome.hook_due(),
            Self::Repeated(_, installation) => Some((**installation).clone()),
        };
        installation.map(|installation| installation.at_time(now))
    }
}

impl TaskRun<'_> {
    /// Goes through the tasks, and tells what each came to, whatever happens. Gives the orders that were driven, and why the run ended before
    /// they did: it was interrupted, or the store failed. What was sent is in the store then.
    pub fn run(self, tasks: &mut [Task], observer: &mut dyn TaskObserver) -> Run {
        let Self { mut clients, journal, preparation, options, mut running, profile } = self;
        let (mut items, mut left, mut unread, mut open) = (Vec::new(), Vec::new(), None, None);
        let mut stopped = None;
        for task in tasks.iter_mut() {
            let Some(client) = clients.first_mut() else { break };
            if client.interrupt().is_raised() {
                stopped = Some(Error::Interrupted);
                observer.ended(&task.id, None, TaskOutcome::NotReached);
                continue;
            }
            if let Some(profile) = &profile {
                task.note_profile(profile);
            }
            let mut not_removed = |why: &ValidationError| {
                // Whoever wants to stop raises the interrupt.
                let _ = observer.on(None, &Event::NotRemoved(why));
            };
            let (running, not_removed) = (&mut running, &mut not_removed);
            let (certificate, install) = (task.certificate(), task.install().cloned());
            let started = task.start(&mut Preparation { client, journal, running, options: &preparation, not_removed });
            let id = task.id.clone();
            if !matches!(started, Err(EndedTask::Deploy(_) | EndedTask::Fetch(..))) {
                task.give_back();
            }
            match started {
                Ok(item) => items.push(item),
                Err(EndedTask::Deploy(installation)) => left.push(DeferredHook::Repeated(id, installation)),
                Err(EndedTask::Fetch(certificate, csr, install)) => {
                    let install = install.map(|install| (install, &*journal));
                    let outcome = match fetch(client, certificate, csr.as_deref(), install, &options) {
                        Ok(fetched) if fetched.outcome.hook_due().is_some() => {
                            left.push(DeferredHook::Fetched(id, fetched.outcome));
                            continue;
                        }
                        Ok(fetched) => TaskOutcome::Fetched(fetched.outcome),
                        Err(why) => TaskOutcome::Ended(EndedTask::Failed(why.into())),
                    };
                    task.give_back();
                    observer.ended(&id, None, outcome);
                }
                Err(EndedTask::Deployed(deployment)) => {
                    let folder = task.folder.as_deref().unwrap_or(Path::new(""));
                    let record = record_of(journal, &id, &mut unread);
                    observer.ended(&id, record.as_ref(), TaskOutcome::Deployed { folder, deployment: &deployment });
                }
                Err(ended) => {
                    if let EndedTask::Failed(TaskError::Gateway(Error::Interrupted)) = ended {
                        stopped = Some(Error::Interrupted);
                    }
                    let record = match &ended {
                        EndedTask::Held => {
                            let open = open.get_or_insert_with(|| readable(journal.unfinished(), &mut unread));
                            open.iter().find(|other| is_open_order_of(other, certificate, install.as_ref())).cloned()
                        }
                        _ => record_of(journal, &id, &mut unread),
                    };
                    observer.ended(&id, record.as_ref(), TaskOutcome::Ended(ended));
                }
            }
        }
        let now = options.clock.now();
        let runner = Runner::new(clients, options).looking_for(running);
        let mut run = runner.run(journal, items, &mut Telling { observer });
        for report in &mut run.reports {
            if let Some(task) = tasks.iter_mut().find(|task| report.replaces.as_ref() == Some(&task.id)) {
                task.is_replaced();
            }
            left.push(DeferredHook::Ordered(report));
        }
        run_left_hooks(journal, left, now, &mut unread, observer);
        run.error = run.error.or(stopped).or(unread);
        run
    }
}

/// What the store holds of an order.
fn record_of(journal: &Journal, id: &OrderId, unread: &mut Option<Error>) -> Option<Order> {
    readable(journal.find(id.as_str()), unread)
}

/// What was read; why it cannot be is kept, the first time.
fn readable<T: Default>(found: Result<T, Error>, unread: &mut Option<Error>) -> T {
    found.unwrap_or_else(|why| {
        unread.get_or_insert(why);
        T::default()
    })
}

/// Tells of orders that ended as of tasks that did.
struct Telling<'t> {
    observer: &'t mut dyn TaskObserver,
}

impl Observer for Telling<'_> {
    fn on(&mut self, order: Option<&OrderId>, event: &Event<'_>) -> Control {
        match event {
            // One whose hook is left to the end of the run has not ended yet.
            Event::Ended(report) if report.outcome.hook_due().is_some() => Control::Continue,
            Event::Ended(report) => {
                let control = self.observer.on(order, event);
                self.observer.ended(task_of(report), report.record.as_ref(), TaskOutcome::Ordered(report));
                control
            }
            _ => self.observer.on(order, event),
        }
    }
}

/// The id of the task that an order is of: that of the order which it was placed instead of, where there is one.
fn task_of(report: &OrderReport) -> &OrderId {
    report.replaces.as_ref().unwrap_or(&report.id)
}

/// Runs the hooks that were left to the end of the run, each once, and tells what came of them for each certificate.
fn run_left_hooks(
    journal: &Journal,
    left: Vec<DeferredHook<'_>>,
    now: i64,
    unread: &mut Option<Error>,
    observer: &mut dyn TaskObserver,
) {
    let (left, installations): (Vec<DeferredHook<'_>>, Vec<Installation>) =
        left.into_iter().filter_map(|left| left.installation(now).map(|installation| (left, installation))).unzip();
    let deployments = deploy_together(&installations);
    for ((left, installation), deployment) in left.into_iter().zip(&installations).zip(deployments) {
        match left {
            DeferredHook::Ordered(report) => {
                report.outcome.deployed(deployment);
                observer.ended(task_of(report), report.record.as_ref(), TaskOutcome::Ordered(report));
            }
            DeferredHook::Fetched(id, mut outcome) => {
                outcome.deployed(deployment);
                observer.ended(&id, None, TaskOutcome::Fetched(outcome));
            }
            DeferredHook::Repeated(id, _) => {
                let record = record_of(journal, &id, unread);
                let deployed = TaskOutcome::Deployed { folder: installation.folder(), deployment: &deployment };
                observer.ended(&id, record.as_ref(), deployed);
            }
        }
    }
}
