//! One that sends, for all orders of a run.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

use certgate_domain::{AnyData, AnyTask, CertAuthentication, Certificate, Response, TaskKind, Verdict};
use certgate_flow::{self as flow, Action, Actor, Ending, Step};
use certgate_store::{QueueState, StoreError};

use super::shared::{Guard, Shared, lock};
use crate::{
    Client, Error, Event, GatewayClock, Interrupt, OrderState, Outcome, PendingReason, RunningJobs,
    order::{completion::Completion, newcomer, recovery::overtaken_by},
    validation::{PropagationEvent, Steps, ValidationError, ValidationStep},
};

/// However long there is nothing to do, the interrupt is looked at so often.
const NAP: Duration = Duration::from_millis(200);

/// What is not ordered where somebody else is at it.
const ORDERS: [TaskKind; 3] = [TaskKind::CertificateCreate, TaskKind::CertificateReissue, TaskKind::CertificateRenew];

/// One that sends.
pub(super) struct Worker<'w, 'r> {
    pub(super) client: &'w mut Client,
    pub(super) shared: &'w Mutex<Shared<'r>>,
    /// Never held together with what is shared.
    pub(super) running: &'w Mutex<RunningJobs>,
    pub(super) changed: &'w Condvar,
    pub(super) is_alone: bool,
}

impl<'w, 'r> Worker<'w, 'r> {
    pub(super) fn work(&mut self) {
        let interrupt = self.client.interrupt().clone();
        let mut state = lock(self.shared);
        loop {
            if (interrupt.is_raised() || state.stopped) && state.error.is_none() {
                // Where every order ended there is nothing left to stop: at most a message is confirmed by the next run.
                let is_open = state.batch.open().next().is_some();
                state.is_over |= !is_open;
                state.error = is_open.then_some(Error::Interrupted);
            }
            if state.is_over || state.error.is_some() {
                self.changed.notify_all();
                return;
            }
            let now = self.client.now();
            match state.batch.next(now) {
                Action::End => state.is_over = true,
                Action::Wait(until) => state = self.rest(state, now, until),
                Action::Step(actor, step) => {
                    state = self.perform(state, actor, step);
                    self.changed.notify_all();
                }
            }
        }
    }

    fn rest(&mut self, mut state: Guard<'w, 'r>, now: Duration, until: Duration) -> Guard<'w, 'r> {
        match state.look_into_store(now) {
            Ok(false) => {}
            Ok(true) => return state,
            Err(error) => {
                state.error = Some(error);
                return state;
            }
        }
        if state.said != Some(until) {
            state.said = Some(until);
            state.tell(None, &Event::Waiting { now, until });
        }
        let pause = until.saturating_sub(now).clamp(Duration::from_millis(1), NAP);
        if self.is_alone {
            drop(state);
            // An interrupt is seen at the next turn.
            let _ = self.client.rest(pause);
            return lock(self.shared);
        }
        self.changed.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0
    }

    fn perform(&mut self, mut state: Guard<'w, 'r>, actor: Actor, step: Step) -> Guard<'w, 'r> {
        if let (Step::Send(_) | Step::Publish { .. }, Actor::Order(place)) = (&step, actor) {
            match state.claim(place) {
                Ok(true) => {}
                Ok(false) => {
                    state.batch.gave_up(place);
                    state.report(place, Outcome::Held);
                    return state;
                }
                Err(error) => {
                    state.is_over |= is_of_store(&error);
                    state.batch.gave_up(place);
                    return self.finish(state, place, Err(error));
                }
            }
        }
        let heard = match (step, actor) {
            (Step::Wait(_), _) | (Step::End(_), Actor::Queue) => return state,
            (Step::End(ending), Actor::Order(place)) => return self.finish(state, place, Ok(*ending)),
            (Step::Publish { authentication, order }, Actor::Order(place)) => {
                let may_order = state.check_clock();
                drop(state);
                let published = match may_order {
                    Ok(()) => self.publish(place, &authentication, &order),
                    Err(error) => Err(ValidationError::Store(error)),
                };
                state = lock(self.shared);
                match published {
                    Ok(()) => Ok(flow::Event::Published),
                    Err(ValidationError::Interrupted) => Err(Error::Interrupted),
                    Err(ValidationError::Store(error)) => Err(error),
                    Err(why) => {
                        state.batch.gave_up(place);
                        state.clean_up(place);
                        state.report(place, Outcome::NotValidated(why));
                        return state;
                    }
                }
            }
            (Step::Publish { .. }, Actor::Queue) => Ok(flow::Event::Published),
            (Step::Store(message), _) => {
                let protocol = self.client.protocol();
                if let Err(error) = state.store(protocol, &message) {
                    // It stays in the queue, and nobody gets past it.
                    state.error.get_or_insert(error);
                    return state;
                }
                Ok(flow::Event::Stored)
            }
            (Step::Identify(message), _) => {
                let protocol = self.client.protocol();
                state.identify(protocol, &message, self.client.now())
            }
            (Step::Send(task @ AnyTask::PollInfo(_)), Actor::Queue) => match state.leave_queue_to_another() {
                Ok(None) => {
                    let sent;
                    (state, sent) = self.send(state, actor, &task);
                    if sent.as_ref().map_or(true, |answer| answer.data.is_empty()) {
                        let noted = state.journal.note_queue(QueueState::Empty);
                        state.warn(None, noted);
                    }
                    sent.map(flow::Event::Answered)
                }
                Ok(Some(event)) => Ok(event),
                Err(error) => Err(error),
            },
            (Step::Send(task), actor) => {
                let sent;
                (state, sent) = self.send(state, actor, &task);
                sent.map(flow::Event::Answered)
            }
        };
        let now = self.client.now();
        match (heard, actor) {
            (Ok(event), actor) => {
                if let Some(id) = state.batch.heard(actor, event, now) {
                    let noted = state.journal.note_queue(QueueState::Blocked);
                    state.warn(None, noted);
                    state.tell(None, &Event::MessageStays { id });
                }
                if let Actor::Order(place) = actor {
                    state.see_accepted(place);
                }
            }
            // The order stays open: the end of the run says what is known of it.
            (Err(Error::Interrupted), _) => state.stopped = true,
            (Err(error), Actor::Queue) if matches!(error, Error::Store(_)) => {
                state.error.get_or_insert(error);
            }
            (Err(error), Actor::Queue) => {
                state.tell(None, &Event::Trouble(&error));
                state.batch.heard(actor, flow::Event::Unreachable, now);
            }
            (Err(error), Actor::Order(place)) => {
                let waits = state.batch.order(place).is_some_and(|order| order.is_ordered());
                if waits && error.is_unreachable() {
                    state.tell(Some(place), &Event::Trouble(&error));
                    state.batch.heard(actor, flow::Event::Unreachable, now);
                    return state;
                }
                // A store that fails takes down nothing of the others either.
                state.is_over |= is_of_store(&error);
                state.batch.gave_up(place);
                state = self.finish(state, place, Err(error));
            }
        }
        state
    }

    /// Sends a task; one that is not safe to repeat is recorded before, and its outcome after.
    fn send(
        &mut self,
        mut state: Guard<'w, 'r>,
        actor: Actor,
        task: &AnyTask,
    ) -> (Guard<'w, 'r>, Result<Response<AnyData>, Error>) {
        let kind = task.kind();
        let place = match actor {
            Actor::Order(place) => Some(place),
            Actor::Queue => None,
        };
        let records = place.filter(|_| !kind.is_safe_to_repeat());
        if let Some(place) = records {
            let looked;
            (state, looked) = self.look_for_others(state, place, kind);
            let may_leave = looked.and_then(|()| state.check_clock());
            if let Err(error) = may_leave.and_then(|()| state.record_intent(place, task)) {
                return (state, Err(error));
            }
        }
        if let Some(member) = place.and_then(|place| state.members.get_mut(place)) {
            member.sent = kind;
        }
        state.tell(place, &Event::Sending { task: kind });
        // The queue is looked into for all; where there is only one order, in its name.
        let id = state.members.get(place.unwrap_or_default()).map(|member| member.id.as_str().to_owned());
        self.client.options_mut().ctid = id.or_else(|| self.client.options().ctid.clone());
        let sent = match records.and_then(|place| state.members.get(place)) {
            Some(member) => {
                let (id, journal) = (member.id.clone(), state.journal.clone());
                drop(state);
                let sent = journal.send(self.client, id.as_str(), task);
                state = lock(self.shared);
                if let Err(error @ Error::Unsent(StoreError::LeaseLost(_))) = sent {
                    return (state, Err(error));
                }
                sent
            }
            None => {
                drop(state);
                let sent = self.client.exchange(task).map_err(Error::from);
                state = lock(self.shared);
                sent
            }
        };
        if let Some(place) = records {
            state.record_outcome(place, kind, sent.as_ref().map(|exchange| &exchange.answer.value));
        }
        let mut exchange = match sent {
            Ok(exchange) => exchange,
            Err(error) => return (state, Err(error)),
        };
        state.gateway_clock = GatewayClock::of(&exchange).or(state.gateway_clock);
        if let (AnyTask::CertificateList(_), Some(place)) = (task, place) {
            let date = exchange.date();
            if let Err(error) = state.leave_to_others(self.client, place, date, &mut exchange.answer.value) {
                return (state, Err(error));
            }
        }
        let answer = &exchange.answer.value;
        match (task, place) {
            (_, Some(place)) => state.note_before(place, answer),
            (AnyTask::PollConfirm(task), None) if answer.verdict() == Some(Verdict::Done) => {
                let id = task.id.unwrap_or_default();
                let recorded = state.journal.record_confirmation(id);
                state.warn(None, recorded);
            }
            (_, None) => state.body = std::mem::take(&mut exchange.reply.body.0),
        }
        let findings = &exchange.answer.findings;
        if !findings.is_empty() {
            state.tell(place, &Event::Findings { task: kind, findings });
        }
        // Once an order is out, stopping would only lose it.
        let understood = match place.is_some_and(|place| state.is_before_order(place)) {
            true => self.client.understood(kind, exchange).map_err(Error::from),
            false => Ok(exchange),
        };
        (state, understood.map(|exchange| exchange.answer.value))
    }

    /// Looks for somebody else's job of the same certificate, which may have begun since the order was prepared, and for what came of one that is over
    /// by now. Workers that come to it at once share one look.
    fn look_for_others(
        &mut self,
        state: Guard<'w, 'r>,
        place: usize,
        task: TaskKind,
    ) -> (Guard<'w, 'r>, Result<(), Error>) {
        let order = state.batch.order(place).filter(|_| ORDERS.contains(&task));
        let about = order.and_then(|order| Some((order.name()?.to_owned(), order.certificate().is_none())));
        let Some((name, is_new)) = about else { return (state, Ok(())) };
        let (journal, none_since) =
            (state.journal.clone(), state.members.get(place).and_then(|member| member.none_since));
        drop(state);
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let looked = running.look_for_others(self.client, &journal, &name, is_new);
        let since = running.since(none_since).filter(|_| is_new);
        drop(running);
        let looked =
            looked.and_then(|()| since.map_or(Ok(()), |since| newcomer::look(self.client, &journal, &name, since)));
        (lock(self.shared), looked)
    }

    /// Publishes what shows control over the names. Others go on meanwhile: it may be waited for until it is seen.
    fn publish(
        &self,
        place: usize,
        authentication: &CertAuthentication,
        order: &AnyTask,
    ) -> Result<(), ValidationError> {
        let mut state = lock(self.shared);
        let Shared { batch, members, .. } = &mut *state;
        let (Some(flow), Some(member)) = (batch.order(place), members.get_mut(place)) else { return Ok(()) };
        // Before anything is shown, for a person may follow it too.
        let challenges = member.validation.challenges(authentication, member.own_request.as_ref())?;
        member.intent.name = flow.name().map(str::to_owned);
        let (id, validation, intent) = (member.id.clone(), member.validation.clone(), member.intent.clone());
        state.tell(Some(place), &Event::Validation { authentication });
        drop(state);
        let mut is_recorded = false;
        let mut store = |steps: &[ValidationStep]| {
            let mut state = lock(self.shared);
            if !std::mem::replace(&mut is_recorded, true) {
                // Another order of the same stands in the way before anything is published.
                state.journal.begin_validation(id.as_str(), order, &intent)?;
            }
            state.journal.record_validation_steps(id.as_str(), steps)
        };
        let mut observe = |event: &PropagationEvent| lock(self.shared).tell(Some(place), &Event::Propagation(event));
        let interrupt: Interrupt = self.client.interrupt().clone();
        let mut steps = Steps::stored_by(&mut store);
        validation.publish(&challenges, &mut steps, &interrupt, &mut observe)
    }

    /// Checks an order's certificate and puts it in place. Where it is another one's, it is looked whose.
    fn complete(&mut self, completion: &Completion, job: Option<i64>, certificate: Certificate) -> Outcome {
        let of = certificate.name.clone().zip(certificate.id.or(completion.certificate)).zip(job);
        let of = of.filter(|_| completion.is_of_another(&certificate));
        let outcome = completion.complete(certificate);
        let (issuance, ((name, id), job)) = match (outcome, of) {
            (Outcome::CheckFailed(issuance), Some(of)) => (issuance, of),
            (outcome, _) => return outcome,
        };
        // Where that cannot be told now, the next run looks again.
        match overtaken_by(self.client, job, &name, id) {
            Ok(Some(by)) => Outcome::Overtaken { issuance, by },
            Ok(None) | Err(_) => Outcome::CheckFailed(issuance),
        }
    }

    /// Ends an order: checks its certificate and puts it in place.
    fn finish(&mut self, mut state: Guard<'w, 'r>, place: usize, ended: Result<Ending, Error>) -> Guard<'w, 'r> {
        let outcome = match ended {
            Ok(Ending::Issued(certificate)) => {
                let noted = state.note_certificate(place, OrderState::Issued, certificate.id, "fetched");
                state.clean_up(place);
                let Some(issuance) = state.issuance(place) else { return state };
                match noted {
                    Err(lost) => Outcome::Pending(PendingReason::Stopped(lost.into())),
                    Ok(()) => {
                        let job = state.batch.order(place).and_then(|order| order.job());
                        drop(state);
                        let outcome = self.complete(&issuance, job, certificate);
                        state = lock(self.shared);
                        outcome
                    }
                }
            }
            ended => {
                let outcome = state.outcome_of(place, ended);
                if !matches!(outcome, Outcome::Pending(_) | Outcome::Unknown(_)) {
                    state.clean_up(place);
                }
                if state.replace(place, &outcome) {
                    return state;
                }
                outcome
            }
        };
        state.report(place, outcome);
        state
    }
}

/// Whether an error is the store's own, and not about one order.
fn is_of_store(error: &Error) -> bool {
    match error {
        Error::Unsent(StoreError::Unfinished(_) | StoreError::Known(_)) => false,
        Error::Store(StoreError::LeaseLost(_)) | Error::Unsent(StoreError::LeaseLost(_)) => false,
        Error::Store(_) | Error::Unsent(_) => true,
        _ => false,
    }
}
