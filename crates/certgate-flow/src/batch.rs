//! Many orders at once: each a workflow of its own, one look into the queue for all.

use std::time::Duration;

use certgate_domain::{AnyData, PollMessage, Verdict, task::PollConfirm, task::PollInfo};

use crate::{Event, Order, Step, Workflow};

/// Orders, and the account's queue.
#[derive(Debug)]
pub struct Batch {
    members: Vec<Member>,
    mailbox: Mailbox,
    /// Messages of this run that were nobody's when they came: an order's answer may be on its way.
    unclaimed: Vec<PollMessage>,
}

/// Who is to do a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Participant {
    /// The look into the queue.
    Mailbox,
    /// The order of that place.
    Order(usize),
}

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Turn {
    /// That participant is to do this; tell [`Batch::heard`] what came. `Step::Wait` is none of these.
    Step(Participant, Step),
    /// Nothing to do until then, unless something is heard meanwhile.
    Wait(Duration),
    /// Every order ended.
    End,
}

#[derive(Debug)]
struct Member {
    order: Order,
    /// A step is being done.
    busy: bool,
    ended: bool,
}

#[derive(Debug)]
struct Mailbox {
    state: State,
    busy: bool,
    looks: u32,
    looked: Option<Duration>,
}

#[derive(Debug)]
enum State {
    Until(Duration),
    Store(Box<PollMessage>),
    Confirm(i64),
}

/// How long orders go first while there are some to be sent.
const TURNS: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(30);

impl Batch {
    /// These orders, whose messages are to be delivered ([`ForeignMessages::Delivered`](crate::ForeignMessages)).
    pub fn new(orders: Vec<Order>) -> Self {
        let members = orders.into_iter().map(|order| Member { order, busy: false, ended: false }).collect();
        let mailbox = Mailbox { state: State::Until(Duration::ZERO), busy: false, looks: 0, looked: None };
        Self { members, mailbox, unclaimed: Vec::new() }
    }

    /// The order of that place.
    pub fn order(&self, place: usize) -> Option<&Order> {
        self.members.get(place).map(|member| &member.order)
    }

    /// Places of the orders that wait for their message.
    pub fn waiting(&self) -> impl Iterator<Item = usize> + '_ {
        let waits = |member: &Member| !member.ended && member.order.is_ordered();
        self.members.iter().enumerate().filter(move |(_, member)| waits(member)).map(|(place, _)| place)
    }

    /// What to do next. A step is given once; its participant is busy until something is heard of it.
    pub fn turn(&mut self, now: Duration) -> Turn {
        let mut wake: Option<Duration> = None;
        let mut sends = None;
        let mut open = false;
        for place in 0..self.members.len() {
            let Some(member) = self.members.get_mut(place).filter(|member| !member.ended) else { continue };
            if member.busy {
                open = true;
                continue;
            }
            open = true;
            match member.order.step(now) {
                Step::Wait(until) => wake = Some(wake.map_or(until, |wake| wake.min(until))),
                Step::End(ending) => {
                    member.ended = true;
                    return Turn::Step(Participant::Order(place), Step::End(ending));
                }
                Step::Send(task) => {
                    // What is accepted comes before what is not even ordered.
                    if sends.is_none() || member.order.is_ordered() {
                        let first = member.order.is_ordered();
                        sends = Some((place, task));
                        if first {
                            break;
                        }
                    }
                }
                step => {
                    member.busy = true;
                    return Turn::Step(Participant::Order(place), step);
                }
            }
        }
        // A message that is stored is confirmed before the batch ends.
        if !open && !self.mailbox.busy && matches!(self.mailbox.state, State::Until(_)) {
            return Turn::End;
        }
        let waits = self.waiting().next().is_some();
        if !self.mailbox.busy {
            match &self.mailbox.state {
                State::Store(message) => {
                    let step = Step::Store(message.clone());
                    self.mailbox.busy = true;
                    return Turn::Step(Participant::Mailbox, step);
                }
                State::Confirm(id) => {
                    let step = Step::Send(PollConfirm::new(*id).into());
                    self.mailbox.busy = true;
                    return Turn::Step(Participant::Mailbox, step);
                }
                State::Until(until) if waits => {
                    let hungry = self.mailbox.looked.is_none_or(|looked| now >= looked + TURNS);
                    if now >= *until && (sends.is_none() || hungry) {
                        self.mailbox.busy = true;
                        self.mailbox.looked = Some(now);
                        return Turn::Step(Participant::Mailbox, Step::Send(PollInfo.into()));
                    }
                    let next = (*until).max(now);
                    wake = Some(wake.map_or(next, |wake| wake.min(next)));
                }
                State::Until(_) => {}
            }
        }
        match sends {
            Some((place, task)) => {
                if let Some(member) = self.members.get_mut(place) {
                    member.busy = true;
                }
                Turn::Step(Participant::Order(place), Step::Send(task))
            }
            None => Turn::Wait(wake.unwrap_or(now + LONGEST)),
        }
    }

    /// What came of a step.
    pub fn heard(&mut self, who: Participant, event: Event, now: Duration) {
        match who {
            Participant::Mailbox => self.mailbox_heard(event, now),
            Participant::Order(place) => {
                let Some(member) = self.members.get_mut(place) else { return };
                member.busy = false;
                member.order.heard(event, now);
                let Some(wait) = member.order.waiting() else { return };
                let early = self.unclaimed.iter().position(|message| wait.is_ours(message));
                if let Some(message) = early.map(|at| self.unclaimed.swap_remove(at)) {
                    wait.deliver(&message);
                }
            }
        }
    }

    /// An order that cannot go on: its run ended with an error.
    pub fn gave_up(&mut self, who: Participant) {
        if let Participant::Order(place) = who
            && let Some(member) = self.members.get_mut(place)
        {
            member.ended = true;
            member.busy = false;
        }
    }

    /// Hands a message to the order it is about. Gives the order's place.
    pub fn deliver(&mut self, message: &PollMessage) -> Option<usize> {
        let place = self
            .members
            .iter_mut()
            .position(|member| !member.ended && member.order.waiting().is_some_and(|wait| wait.is_ours(message)))?;
        let member = self.members.get_mut(place)?;
        if !member.busy {
            member.order.waiting()?.deliver(message);
        } else if !self.unclaimed.contains(message) {
            // It gets its answer first.
            self.unclaimed.push(message.clone());
        }
        Some(place)
    }

    fn mailbox_heard(&mut self, event: Event, now: Duration) {
        self.mailbox.busy = false;
        let state = std::mem::replace(&mut self.mailbox.state, State::Until(now));
        match (state, event) {
            (State::Until(_), Event::Answered(answer)) => {
                let message = answer.data.into_iter().find_map(|data| match data {
                    AnyData::PollMessage(message) if *message != PollMessage::default() => Some(message),
                    _ => None,
                });
                match message {
                    Some(message) => self.mailbox.state = State::Store(message),
                    None => self.look_later(now),
                }
            }
            (State::Store(message), Event::Stored) => {
                if self.deliver(&message).is_none() {
                    self.unclaimed.push((*message).clone());
                }
                match message.id {
                    Some(id) => {
                        self.mailbox.looks = 0;
                        self.mailbox.state = State::Confirm(id);
                    }
                    // It cannot be confirmed, and stays first.
                    None => self.look_later(now),
                }
            }
            // Taken off, or somebody else took it off: the next look shows.
            (State::Confirm(_), Event::Answered(answer)) if answer.verdict() != Some(Verdict::Refused) => {}
            _ => self.look_later(now),
        }
    }

    fn look_later(&mut self, now: Duration) {
        let pause = Duration::from_secs(1).saturating_mul(2u32.saturating_pow(self.mailbox.looks.min(10))).min(LONGEST);
        self.mailbox.looks = self.mailbox.looks.saturating_add(1);
        self.mailbox.state = State::Until(now + pause);
        let idle = self.members.iter_mut().filter(|member| !member.ended && !member.busy);
        idle.filter_map(|member| member.order.waiting()).for_each(|wait| wait.queue_is_silent(now));
    }
}
