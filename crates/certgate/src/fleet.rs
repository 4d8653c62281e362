//! Runs a batch: several requests in flight, one pace, one look into the queue for all.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use certgate_domain::{AnyData, AnyTask, CertAuthentication, PollMessage, Response, TaskKind, Verdict};
use certgate_flow::{Batch, Ending, Event, Order, Participant, Step, Turn};
use certgate_wire::Finding;

use crate::{Client, Error, Interrupt, Kind};

/// What a batch tells while it goes on, and what it leaves to its caller. Called by one thread at a time.
pub trait Foreman: Send {
    /// The own id of an order: the transaction id of its requests.
    fn id(&self, place: usize) -> String;
    /// An order is about to leave: write it down.
    ///
    /// # Errors
    /// It could not be written down: it does not leave.
    fn intending(&mut self, place: usize, task: &AnyTask) -> Result<(), Error>;
    /// What became of it: write it down.
    fn settled(&mut self, place: usize, task: TaskKind, outcome: Result<&Response<AnyData>, &Error>);
    /// The gateway answered a request of an order.
    fn answered(&mut self, place: usize, answer: &Response<AnyData>);
    /// An answer had oddities.
    fn findings(&mut self, task: TaskKind, findings: &[Finding]);
    /// This shows control over an order's name.
    fn publish(&mut self, place: usize, authentication: &CertAuthentication);
    /// Store a message of the queue durably.
    ///
    /// # Errors
    /// It could not be stored: the batch stops, and the message stays in the queue.
    fn store(&mut self, message: &PollMessage, body: &[u8]) -> Result<(), Error>;
    /// A message about an order that another process may have found in the queue and stored.
    ///
    /// # Errors
    /// The store cannot be read: the batch stops.
    fn arrived(&mut self, place: usize) -> Result<Option<PollMessage>, Error>;
    /// A message was confirmed.
    fn confirmed(&mut self, message: i64);
    /// A look into the queue failed; the batch goes on.
    fn trouble(&mut self, error: &Error);
    /// An order ended.
    fn ended(&mut self, place: usize, order: &Order, ended: Result<Ending, Error>);
}

struct Shared<'f> {
    batch: Batch,
    foreman: &'f mut dyn Foreman,
    /// The answer that brought the message which is to be stored.
    body: Vec<u8>,
    /// How it ended before its time.
    fatal: Option<Error>,
    over: bool,
    /// When the store was last looked into for messages that another process found.
    looked: Duration,
}

/// Runs a batch to its end with these clients, one request in flight each.
///
/// # Errors
/// [`Error::Interrupted`], or a store that cannot be written. What was ordered is in the store.
pub fn drive_batch(clients: Vec<Client>, batch: Batch, foreman: &mut dyn Foreman) -> Result<(), Error> {
    let shared =
        Mutex::new(Shared { batch, foreman, body: Vec::new(), fatal: None, over: false, looked: Duration::ZERO });
    let changed = Condvar::new();
    std::thread::scope(|scope| {
        for client in clients {
            scope.spawn(|| work(client, &shared, &changed));
        }
    });
    let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    shared.fatal.map_or(Ok(()), Err)
}

/// However long there is nothing to do, the interrupt is looked at so often.
const NAP: Duration = Duration::from_millis(200);

fn work(mut client: Client, shared: &Mutex<Shared<'_>>, changed: &Condvar) {
    let interrupt: Interrupt = client.interrupt().clone();
    let mut state = lock(shared);
    loop {
        if interrupt.is_raised() && state.fatal.is_none() {
            state.fatal = Some(Error::Interrupted);
        }
        if state.over || state.fatal.is_some() {
            state.over = true;
            changed.notify_all();
            return;
        }
        let now = client.now();
        match state.batch.turn(now) {
            Turn::End => {
                state.over = true;
            }
            Turn::Wait(until) => {
                match state.look_into_store(now) {
                    Ok(false) => {}
                    Ok(true) => continue,
                    Err(error) => {
                        state.fatal = Some(error);
                        continue;
                    }
                }
                let pause = until.saturating_sub(now).clamp(Duration::from_millis(1), NAP);
                state = changed.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0;
            }
            Turn::Step(who, step) => {
                state = step_done(&mut client, shared, state, who, step);
                changed.notify_all();
            }
        }
    }
}

fn lock<'m, 'f>(shared: &'m Mutex<Shared<'f>>) -> MutexGuard<'m, Shared<'f>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn step_done<'m, 'f>(
    client: &mut Client,
    shared: &'m Mutex<Shared<'f>>,
    mut state: MutexGuard<'m, Shared<'f>>,
    who: Participant,
    step: Step,
) -> MutexGuard<'m, Shared<'f>> {
    let heard = match (step, who) {
        (Step::Wait(_), _) => return state,
        (Step::End(ending), Participant::Order(place)) => {
            state.end(place, Ok(*ending));
            return state;
        }
        (Step::End(_), Participant::Mailbox) => return state,
        (Step::Publish { authentication, .. }, Participant::Order(place)) => {
            state.foreman.publish(place, &authentication);
            Ok(Event::Published)
        }
        (Step::Publish { .. }, Participant::Mailbox) => Ok(Event::Published),
        (Step::Store(message), _) => {
            let Shared { foreman, body, .. } = &mut *state;
            foreman.store(&message, body).map(|()| Event::Stored)
        }
        (Step::Send(task), who) => {
            let place = match who {
                Participant::Order(place) => Some(place),
                Participant::Mailbox => None,
            };
            let unsafe_task = !task.kind().is_safe_to_repeat();
            if let Some(place) = place {
                client.options_mut().ctid = Some(state.foreman.id(place));
            }
            let intended = match place.filter(|_| unsafe_task) {
                Some(place) => state.foreman.intending(place, &task),
                None => Ok(()),
            };
            match intended {
                Err(error) => Err(error),
                Ok(()) => {
                    drop(state);
                    let sent = client.exchange(&task);
                    state = lock(shared);
                    if let Some(place) = place.filter(|_| unsafe_task) {
                        let outcome = sent.as_ref().map(|exchange| &exchange.answer.value);
                        state.foreman.settled(place, task.kind(), outcome);
                    }
                    match sent {
                        Ok(exchange) => {
                            let answer = exchange.answer.value;
                            state.foreman.findings(task.kind(), &exchange.answer.findings);
                            match (&task, place) {
                                (_, Some(place)) => state.foreman.answered(place, &answer),
                                (AnyTask::PollConfirm(task), None) if answer.verdict() == Some(Verdict::Done) => {
                                    state.foreman.confirmed(task.id.unwrap_or_default());
                                }
                                (_, None) => state.body = exchange.reply.body.0,
                            }
                            Ok(Event::Answered(answer))
                        }
                        Err(error) => Err(error),
                    }
                }
            }
        }
    };
    let now = client.now();
    match (heard, who) {
        (Ok(event), who) => state.batch.heard(who, event, now),
        (Err(error @ (Error::Interrupted | Error::Store(_) | Error::Unsent(_))), who) if !is_twin(&error) => {
            state.batch.gave_up(who);
            state.fatal.get_or_insert(error);
        }
        (Err(error), Participant::Mailbox) => {
            state.foreman.trouble(&error);
            state.batch.heard(who, Event::Unreachable, now);
        }
        (Err(error), Participant::Order(place)) => {
            let waits = state.batch.order(place).is_some_and(Order::is_ordered);
            if waits && error.kind() == Kind::Unreachable {
                state.foreman.trouble(&error);
                state.batch.heard(who, Event::Unreachable, now);
            } else {
                state.batch.gave_up(who);
                state.end(place, Err(error));
            }
        }
    }
    state
}

/// An order of the same that is not finished concerns one order, not the batch.
fn is_twin(error: &Error) -> bool {
    matches!(error, Error::Unsent(certgate_store::StoreError::Unfinished(_)))
}

/// How often the store is looked into.
const LOOK: Duration = Duration::from_secs(1);

impl Shared<'_> {
    /// Delivers messages that another process found in the queue. Whether there was one.
    fn look_into_store(&mut self, now: Duration) -> Result<bool, Error> {
        if now < self.looked + LOOK {
            return Ok(false);
        }
        self.looked = now;
        let waiting: Vec<usize> = self.batch.waiting().collect();
        let mut delivered = false;
        for place in waiting {
            if let Some(message) = self.foreman.arrived(place)? {
                delivered |= self.batch.deliver(&message).is_some();
            }
        }
        Ok(delivered)
    }

    fn end(&mut self, place: usize, ended: Result<Ending, Error>) {
        if let Some(order) = self.batch.order(place) {
            self.foreman.ended(place, order, ended);
        }
    }
}
