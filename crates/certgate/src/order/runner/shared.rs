//! What the workers of a run share.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use certgate_domain::{AnyData, AnyTask, PollMessage, Protocol, Response, TaskKind};
use certgate_flow::{self as flow, Batch, Ending, ForeignMessages, Pending, Silence, Whose};
use certgate_store::{Change, QueueReader, QueueState, StoreError};

use super::{Run, RunOptions, member::Member};
use crate::{
    Client, Control, Error, Event, GatewayClock, Intent, Journal, Observer, OrderReport, OrderState, Outcome,
    PendingReason, Refusal, RefusalReason, Spool,
    order::{
        completion::Completion,
        is_open_order_of,
        recovery::{leave_earlier, serial_of},
    },
    validation::clean_up,
};

/// What the workers share.
pub(super) struct Shared<'r> {
    pub(super) batch: Batch,
    pub(super) members: Vec<Member>,
    pub(super) journal: &'r mut Journal,
    pub(super) observer: &'r mut dyn Observer,
    pub(super) options: &'r RunOptions,
    /// The answer that brought the message which is to be stored.
    pub(super) body: Vec<u8>,
    /// Why the run ends before its orders do.
    pub(super) error: Option<Error>,
    /// Whether the observer asked to stop.
    pub(super) stopped: bool,
    pub(super) is_over: bool,
    /// When the store was last asked for messages.
    pub(super) looked: Duration,
    /// The first message of the queue that may be about an order whose answer is on its way, and since when that is so.
    pub(super) unknown: Option<(Option<i64>, Duration)>,
    /// The clocks at the gateway's last answer that said its date.
    pub(super) gateway_clock: Option<GatewayClock>,
    /// The wait that was told of.
    pub(super) said: Option<Duration>,
}

/// How long an answer may take that tells whose a message is.
const LONGEST_ANSWER: Duration = Duration::from_secs(10);

pub(super) type Guard<'m, 'r> = MutexGuard<'m, Shared<'r>>;

pub(super) fn lock<'m, 'r>(shared: &'m Mutex<Shared<'r>>) -> Guard<'m, 'r> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared<'_> {
    pub(super) fn tell(&mut self, place: Option<usize>, event: &Event<'_>) {
        let id = place.and_then(|place| self.members.get(place)).map(|member| &member.id);
        self.stopped |= self.observer.on(id, event) == Control::Stop;
    }

    /// Tells of what could not be recorded: the next run looks for it.
    pub(super) fn warn(&mut self, place: Option<usize>, recorded: Result<(), Error>) {
        if let Err(error) = recorded {
            self.tell(place, &Event::NotRecorded(&error));
        }
    }

    /// Delivers messages that another process found in the queue, and lets go of orders that another process has taken over.
    /// Whether there was one.
    pub(super) fn look_into_store(&mut self, now: Duration) -> Result<bool, Error> {
        let waiting: Vec<usize> = self.batch.waiting().collect();
        let is_recorded = |place: &usize| self.members.get(*place).is_some_and(|member| member.is_recorded);
        if !waiting.iter().any(is_recorded) || now < self.looked + self.journal.pause_between_looks() {
            return Ok(false);
        }
        self.looked = now;
        let (held, mut messages) = (self.journal.held()?, self.journal.messages_of_held()?);
        let mut delivered = false;
        for place in waiting {
            let Some(member) = self.members.get(place).filter(|member| member.is_recorded) else { continue };
            let id = member.id.as_str();
            if !held.contains(id) && !self.journal.still_holds(id)? {
                let lost = StoreError::LeaseLost(id.to_owned());
                self.batch.gave_up(place);
                self.report(place, Outcome::Pending(PendingReason::Stopped(lost.into())));
                delivered = true;
            } else if let Some(message) = messages.remove(id) {
                delivered |= self.batch.deliver(&message).is_some();
            }
        }
        Ok(delivered)
    }

    /// What the queue's turn comes to where another process looks into it; nothing where this one is to look. What that one leaves
    /// in front of others, this run looks at itself if it is to do something else with it.
    pub(super) fn leave_queue_to_another(&mut self) -> Result<Option<flow::Event>, Error> {
        match self.journal.read_queue(self.batch.queue_patience())? {
            QueueReader::Own => Ok(None),
            QueueReader::Another(QueueState::Blocked) if self.passes_blocked() => Ok(None),
            QueueReader::Another(state) => Ok(Some(flow::Event::ReadByAnother(match state {
                QueueState::InHand => None,
                QueueState::Blocked => Some(Silence::Blocked),
                QueueState::Empty => Some(Silence::Empty),
            }))),
        }
    }

    /// Says whose a message is. One that may be about an order whose answer is on its way is somebody else's once that takes longer
    /// than answers do: there may always be such an order.
    pub(super) fn identify(
        &mut self,
        protocol: Protocol,
        message: &PollMessage,
        now: Duration,
    ) -> Result<flow::Event, Error> {
        let mut whose = self.journal.whose(protocol, message)?;
        let since = match self.unknown {
            Some((id, since)) if id == message.id => since,
            _ => now,
        };
        self.unknown = (whose == Whose::NotKnownYet).then_some((message.id, since));
        if self.unknown.is_some() && now >= since + LONGEST_ANSWER {
            whose = Whose::Foreign;
        }
        if whose == Whose::Foreign {
            self.journal.note_queue(QueueState::Blocked)?;
        }
        Ok(flow::Event::Identified(whose))
    }

    /// Whether this run may have to do with a message that is about no order of the store.
    fn passes_blocked(&self) -> bool {
        let is_elsewhere = |place: usize| self.members.get(place).is_some_and(|member| !member.is_recorded);
        self.options.foreign != ForeignMessages::Keep || self.batch.waiting().any(is_elsewhere)
    }

    /// Whether the gateway's clock and ours agree.
    pub(super) fn check_clock(&self) -> Result<(), Error> {
        self.options.check_clock(self.gateway_clock)
    }

    /// Takes the turn of an order's folder and makes its claim, before anything is sent for it. Whether this run may go on with it.
    pub(super) fn claim(&mut self, place: usize) -> Result<bool, Error> {
        let Some(member) = self.members.get_mut(place) else { return Ok(true) };
        if let Some(turn) = &member.turn
            && !turn.take()?
        {
            return Ok(false);
        }
        let Some(claim) = member.claim.take() else { return Ok(true) };
        if !self.journal.claim(&claim)? {
            return Ok(false);
        }
        member.intent.claim = Some(claim.work);
        Ok(true)
    }

    pub(super) fn record_intent(&mut self, place: usize, task: &AnyTask) -> Result<(), Error> {
        let name = self.batch.order(place).and_then(|order| order.name().map(str::to_owned));
        let Some(member) = self.members.get_mut(place) else { return Ok(()) };
        member.intent.name = name;
        member.intent.resume.clock_ahead = self.gateway_clock.map(GatewayClock::ahead);
        self.journal.record_intent(member.id.as_str(), task, &member.intent)
    }

    pub(super) fn record_outcome(&mut self, place: usize, task: TaskKind, outcome: Result<&Response<AnyData>, &Error>) {
        let Some(member) = self.members.get(place) else { return };
        let recorded = self.journal.record_outcome(member.id.as_str(), task, outcome);
        self.warn(Some(place), recorded);
    }

    pub(super) fn see_accepted(&mut self, place: usize) {
        let Some(order) = self.batch.order(place).filter(|order| order.is_ordered()) else { return };
        let job = order.job();
        let Some(member) = self.members.get_mut(place).filter(|member| !member.is_ordered) else { return };
        member.is_ordered = true;
        self.tell(Some(place), &Event::Ordered { job });
    }

    /// Whether an order is driven there that the gateway has not accepted yet.
    pub(super) fn is_before_order(&self, place: usize) -> bool {
        self.batch.order(place).is_some_and(|order| !order.is_ordered())
    }

    /// Notes the certificate as it is before the order: by its serial number an answer that gets lost is told from it.
    pub(super) fn note_before(&mut self, place: usize, answer: &Response<AnyData>) {
        let is_before = self.is_before_order(place);
        let Some(member) = self.members.get_mut(place).filter(|_| is_before) else { return };
        for data in &answer.data {
            if let AnyData::Certificate(certificate) = data
                && let Some(serial) = serial_of(certificate)
            {
                member.intent.resume.serial_before = Some(serial);
            }
        }
    }

    /// Takes from a list of certificates, in which an order looks for its own, those that other orders came to, and those that were there
    /// before it. `date` is the gateway's time then.
    pub(super) fn leave_to_others(
        &self,
        client: &Client,
        place: usize,
        date: Option<i64>,
        listed: &mut Response<AnyData>,
    ) -> Result<(), Error> {
        let member = self.members.get(place).filter(|member| member.is_recorded);
        let (Some(member), Some(name)) = (member, self.batch.order(place).and_then(|order| order.name())) else {
            return Ok(());
        };
        let id = member.id.as_str();
        let theirs = self.journal.new_certificates_of_others(id, name)?;
        listed
            .data
            .retain(|data| !matches!(data, AnyData::Certificate(one) if one.id.is_some_and(|id| theirs.contains(&id))));
        if let Some(order) = self.journal.find(id)? {
            leave_earlier(client, &order, self.journal.now(), date, &mut listed.data);
        }
        Ok(())
    }

    /// Stores a message of the queue; one that is about no order of the store is handed over where there is a spool.
    pub(super) fn store(&mut self, protocol: Protocol, message: &PollMessage) -> Result<(), Error> {
        let stored = self.journal.store_message(protocol, message, &self.body)?;
        self.journal.note_queue(QueueState::InHand)?;
        if stored.order.is_some() || (message.id.is_none() && stored.known) {
            return Ok(());
        }
        let file = match (&self.options.spool, message.id) {
            (Some(folder), Some(_)) => {
                let file = Spool::at(folder)?.store(protocol, message, &self.body)?;
                self.journal.take(&stored.stable_id)?;
                Some(file)
            }
            _ => None,
        };
        self.tell(None, &Event::ForeignMessage { stored: &stored, id: message.id, file: file.as_deref() });
        Ok(())
    }

    /// Records where an order stands.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] alone: another process has taken the order over. Anything else is told, and the run goes on.
    pub(super) fn note(&mut self, place: usize, state: OrderState, detail: &str) -> Result<(), StoreError> {
        self.note_certificate(place, state, None, detail)
    }

    /// The same with the certificate that came of it, where the order did not know its id.
    pub(super) fn note_certificate(
        &mut self,
        place: usize,
        state: OrderState,
        certificate: Option<i64>,
        detail: &str,
    ) -> Result<(), StoreError> {
        let Some(member) = self.members.get(place).filter(|member| member.is_recorded) else { return Ok(()) };
        let known = self.batch.order(place).and_then(|order| order.certificate());
        let certificate = certificate.filter(|_| known.is_none());
        let change = Change { state, job: None, stid: None, certificate, detail: detail.to_owned() };
        match self.journal.change(member.id.as_str(), &change) {
            Err(Error::Store(lost @ StoreError::LeaseLost(_))) => Err(lost),
            recorded => {
                self.warn(Some(place), recorded);
                Ok(())
            }
        }
    }

    /// Removes what was published to validate an order.
    pub(super) fn clean_up(&mut self, place: usize) {
        let Self { members, journal, observer, stopped, .. } = self;
        let Some(member) = members.get(place).filter(|member| member.is_recorded) else { return };
        let (id, validation) = (&member.id, &member.validation);
        let mut tell = |event: &Event<'_>| *stopped |= observer.on(Some(id), event) == Control::Stop;
        let mut say = |error: &_| tell(&Event::NotRemoved(error));
        match clean_up(journal, id.as_str(), &validation.validators(), &mut say) {
            // What the order came to says so.
            Ok(_) | Err(Error::Store(StoreError::LeaseLost(_))) => {}
            Err(error) => tell(&Event::NotRecorded(&error)),
        }
    }

    /// What is needed to check a certificate and to put it in place.
    pub(super) fn issuance(&self, place: usize) -> Option<Completion> {
        let (order, member) = (self.batch.order(place)?, self.members.get(place)?);
        let RunOptions { no_demo, demo, hook_time, .. } = *self.options;
        let serial_before = member.intent.resume.serial_before.clone();
        Some(Completion {
            request: order.request().cloned(),
            name: order.name().map(str::to_owned),
            certificate: order.certificate(),
            serial_before,
            install: member.install.clone(),
            no_demo,
            demo,
            now: self.options.clock.now(),
            hook_time,
        })
    }

    /// What an order came to that has no certificate.
    pub(super) fn outcome_of(&self, place: usize, ended: Result<Ending, Error>) -> Outcome {
        let Some(member) = self.members.get(place) else { return Outcome::NotReached };
        let waits = member.is_ordered;
        match ended {
            Ok(Ending::Deleted) => Outcome::Deleted,
            Ok(Ending::Failed(message)) => Outcome::Failed(message.map(Box::new)),
            Ok(Ending::Pending(Pending::NoWait)) => Outcome::Pending(PendingReason::NotWaitedFor),
            Ok(Ending::Pending(Pending::Deadline)) => Outcome::Pending(PendingReason::Deadline),
            Ok(Ending::Pending(Pending::ForeignFirst { message })) => {
                Outcome::Pending(PendingReason::ForeignMessageFirst { message })
            }
            Ok(Ending::Refused(answer)) => {
                let auth = answer.blames_credentials();
                let refusal = Box::new(Refusal { task: member.sent, answer, auth });
                if waits { Outcome::Pending(PendingReason::Refused(refusal)) } else { Outcome::Refused(refusal) }
            }
            Ok(Ending::ProtocolViolation(task)) if waits => Outcome::Pending(PendingReason::ProtocolViolation(task)),
            Ok(Ending::ProtocolViolation(task)) => Outcome::ProtocolViolation(task),
            Ok(Ending::InvalidRequest(why)) => Outcome::InvalidRequest(why),
            // No further ending is known here.
            Ok(_) if waits => Outcome::Pending(PendingReason::RunEnded),
            Ok(_) => Outcome::NotReached,
            Err(error) if waits => Outcome::Pending(PendingReason::Stopped(error)),
            Err(error) if error.leaves_outcome_open() => Outcome::Unknown(error),
            Err(error) => Outcome::NotSent(error),
        }
    }

    /// Puts the order that is right in the place of one that was refused, where the refusal shows which that is.
    pub(super) fn replace(&mut self, place: usize, outcome: &Outcome) -> bool {
        let (Outcome::Refused(refusal), Some(member)) = (outcome, self.members.get_mut(place)) else { return false };
        let Some(reason @ RefusalReason::TooEarlyToRenew) = RefusalReason::of(refusal) else { return false };
        let Some(instead) = member.instead.take() else { return false };
        let (next, flow) = Member::of(*instead);
        let (by, task) = (next.id.clone(), next.task);
        self.tell(Some(place), &Event::Replaced { refusal: &reason, by: &by, task });
        if let Some(member) = self.members.get_mut(place) {
            // What was claimed for the one is claimed for the other.
            let (replaces, claimed) = (Some(member.id.clone()), member.intent.claim.take());
            let intent = Intent { claim: claimed, ..next.intent };
            *member = Member { replaces, intent, turn: member.turn.take(), ..next };
        }
        self.batch.replace(place, flow);
        true
    }

    /// Records what an order came to, and tells of it.
    pub(super) fn report(&mut self, place: usize, outcome: Outcome) {
        let noted = match &outcome {
            Outcome::Issued(_) | Outcome::Deleted => self.note(place, OrderState::Done, "checked"),
            // It is issued and paid for: what failed a check or could not be written is looked at again, not ordered again.
            Outcome::CheckFailed(issuance) => {
                let failed = issuance.checks.iter().find(|check| !check.ok);
                let detail = failed.map(|check| format!("check {} failed: {}", check.name, check.detail));
                self.note(place, OrderState::Issued, &detail.unwrap_or_default())
            }
            Outcome::Overtaken { by, .. } => {
                self.note(place, OrderState::Abandoned, &format!("job {by} replaced its certificate"))
            }
            Outcome::NotInstalled(_, error) => self.note(place, OrderState::Issued, &error.to_string()),
            Outcome::Failed(_) => {
                self.note(place, OrderState::Failed, "the gateway ended the job without a certificate")
            }
            _ => Ok(()),
        };
        let outcome = match noted {
            Ok(()) => outcome,
            Err(lost) => Outcome::Pending(PendingReason::Stopped(lost.into())),
        };
        // A hook that is left to the end of the run is for what is in place until then.
        if outcome.hook_due().is_none()
            && let Some(turn) = self.members.get(place).and_then(|member| member.turn.as_ref())
        {
            turn.give_back();
        }
        if let Some(work) = self.members.get_mut(place).and_then(|member| member.intent.claim.take()) {
            let given_up = self.journal.unclaim(&work);
            self.warn(Some(place), given_up);
        }
        let Some(member) = self.members.get(place) else { return };
        let found = match &outcome {
            // That which the other process has placed, if it has.
            Outcome::Held => self.journal.unfinished().map(|open| {
                let certificate = self.batch.order(place).and_then(|order| order.certificate());
                open.into_iter().find(|other| is_open_order_of(other, certificate, member.install.as_ref()))
            }),
            _ if member.is_recorded => self.journal.find(member.id.as_str()),
            _ => Ok(None),
        };
        let (record, unread) = match found {
            Ok(record) => (record, Ok(())),
            Err(error) => (None, Err(error)),
        };
        self.warn(Some(place), unread);
        let (order, Some(member)) = (self.batch.order(place), self.members.get(place)) else { return };
        let issued = match &outcome {
            Outcome::Issued(issuance)
            | Outcome::CheckFailed(issuance)
            | Outcome::Overtaken { issuance, .. }
            | Outcome::NotInstalled(issuance, _) => issuance.certificate.id,
            _ => None,
        };
        let report = OrderReport {
            id: member.id.clone(),
            task: member.task,
            certificate: order.and_then(|order| order.certificate()).or(issued),
            name: order.and_then(|order| order.name().map(str::to_owned)),
            job: order.and_then(|order| order.job()),
            record,
            outcome,
            replaces: member.replaces.clone(),
        };
        self.tell(Some(place), &Event::Ended(&report));
        if let Some(member) = self.members.get_mut(place) {
            member.report = Some(report);
        }
    }

    /// Says what is known of the orders that did not end.
    pub(super) fn close(mut self) -> Run {
        let open: Vec<usize> = self.batch.open().collect();
        for place in open {
            let is_ordered = self.members.get(place).is_some_and(|member| member.is_ordered);
            // What ended the run is said of the first; an interrupt of each.
            let error = match &self.error {
                Some(Error::Interrupted) => Some(Error::Interrupted),
                _ => self.error.take(),
            };
            let outcome = match (error, is_ordered) {
                (Some(error), true) => Outcome::Pending(PendingReason::Stopped(error)),
                (Some(error), false) => Outcome::NotSent(error),
                (None, true) => Outcome::Pending(PendingReason::RunEnded),
                (None, false) => Outcome::NotReached,
            };
            if !is_ordered {
                self.clean_up(place);
            }
            self.report(place, outcome);
        }
        let reports = self.members.into_iter().filter_map(|member| member.report).collect();
        Run { reports, error: self.error }
    }
}
