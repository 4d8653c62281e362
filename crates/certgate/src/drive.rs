//! Runs a workflow: sends what it asks for, waits when it says so.

use std::time::Duration;

use certgate_domain::{AnyData, AnyTask, CertAuthentication, PollMessage, Response, TaskKind, Verdict};
use certgate_flow::{Ending, Event, Step, Workflow};
use certgate_wire::Finding;

use crate::{Client, Error, Kind};

/// What a run tells while it goes on, and what it leaves to its caller.
pub trait Watcher {
    /// A task is about to leave.
    fn sending(&mut self, task: TaskKind);
    /// A task that is not safe to repeat is about to leave: write it down.
    ///
    /// # Errors
    /// It could not be written down: it does not leave.
    fn intending(&mut self, task: &AnyTask) -> Result<(), Error>;
    /// What became of such a task: write it down.
    fn settled(&mut self, task: TaskKind, outcome: Result<&Response<AnyData>, &Error>);
    /// The gateway answered.
    fn answered(&mut self, answer: &Response<AnyData>);
    /// A message of the queue was confirmed.
    fn confirmed(&mut self, message: i64);
    /// An answer had oddities.
    ///
    /// # Errors
    /// They are not to be borne.
    fn findings(&mut self, task: TaskKind, findings: &[Finding]) -> Result<(), Error>;
    /// This shows control over the name; that order is sent next.
    ///
    /// # Errors
    /// It could not be published: nothing is ordered.
    fn publish(&mut self, authentication: &CertAuthentication, order: &AnyTask) -> Result<(), Error>;
    /// Store a message of the queue durably, ours or somebody else's; `body` is the answer that brought it.
    ///
    /// # Errors
    /// It could not be stored: the run stops, and the message stays in the queue.
    fn store(&mut self, message: &PollMessage, body: &[u8]) -> Result<(), Error>;
    /// Nothing to do until then (since the client was made).
    fn waiting(&mut self, now: Duration, until: Duration);
    /// A look failed; the wait goes on.
    fn trouble(&mut self, error: &Error);
}

/// Runs it to its end.
///
/// # Errors
/// What the client could not do. Once an order is out, failing looks are told to the workflow, which goes on waiting.
pub fn drive(client: &mut Client, workflow: &mut dyn Workflow, watcher: &mut dyn Watcher) -> Result<Ending, Error> {
    let mut body = Vec::new();
    loop {
        let now = client.now();
        let event = match workflow.step(now) {
            Step::End(ending) => return Ok(*ending),
            Step::Wait(until) => {
                watcher.waiting(now, until);
                client.rest(until.saturating_sub(now))?;
                continue;
            }
            Step::Publish { authentication, order } => {
                watcher.publish(&authentication, &order)?;
                Event::Published
            }
            Step::Store(message) => {
                watcher.store(&message, &body)?;
                Event::Stored
            }
            Step::Send(task) => {
                let kind = task.kind();
                let unsafe_task = !kind.is_safe_to_repeat();
                if unsafe_task {
                    watcher.intending(&task)?;
                }
                watcher.sending(kind);
                let sent = client.exchange(&task);
                if unsafe_task {
                    watcher.settled(kind, sent.as_ref().map(|exchange| &exchange.answer.value));
                }
                if let (AnyTask::PollConfirm(confirm), Ok(exchange)) = (&task, &sent)
                    && let (Some(id), Some(Verdict::Done)) = (confirm.id, exchange.answer.value.verdict())
                {
                    watcher.confirmed(id);
                }
                match sent {
                    Ok(exchange) => {
                        watcher.answered(&exchange.answer.value);
                        watcher.findings(kind, &exchange.answer.findings)?;
                        body = exchange.reply.body.0;
                        Event::Answered(exchange.answer.value)
                    }
                    // A message that cannot be decoded stays first in the queue: it must not keep ours from being found.
                    Err(error)
                        if workflow.outlasts_silence()
                            && (error.kind() == Kind::Unreachable
                                || kind == TaskKind::PollInfo && error.kind() == Kind::Undecodable) =>
                    {
                        watcher.trouble(&error);
                        Event::Unreachable
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        workflow.heard(event, client.now());
    }
}

/// Runs it up to the first task that is not safe to repeat, without sending that one. Gives every task asked for, the last
/// one included, and the ending where it came to one before.
///
/// # Errors
/// What the client could not do.
pub fn rehearse(
    client: &mut Client,
    workflow: &mut dyn Workflow,
    watcher: &mut dyn Watcher,
) -> Result<(Vec<AnyTask>, Option<Ending>), Error> {
    let mut tasks = Vec::new();
    loop {
        let event = match workflow.step(client.now()) {
            Step::End(ending) => return Ok((tasks, Some(*ending))),
            Step::Publish { authentication, order } => {
                watcher.publish(&authentication, &order)?;
                Event::Published
            }
            Step::Send(task) => {
                let kind = task.kind();
                tasks.push(task.clone());
                if !kind.is_safe_to_repeat() {
                    return Ok((tasks, None));
                }
                watcher.sending(kind);
                let exchange = client.exchange(&task)?;
                watcher.findings(kind, &exchange.answer.findings)?;
                Event::Answered(exchange.answer.value)
            }
            Step::Wait(_) | Step::Store(_) => return Ok((tasks, None)),
        };
        workflow.heard(event, client.now());
    }
}
