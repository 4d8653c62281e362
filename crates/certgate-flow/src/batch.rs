//! Orders, one or many: each a workflow of its own, one look into the queue for all.

use std::time::Duration;

use certgate_domain::PollMessage;

use crate::{
    Event, ForeignMessages, Silence, Step, Wait, Workflow,
    queue::{News, Queue},
    wait::backoff,
};

/// Orders, and the account's queue.
pub struct Batch {
    members: Vec<Member>,
    queue: Queue,
    /// Messages of this run that were nobody's when they came: an order's answer may be on its way.
    unclaimed: Vec<PollMessage>,
    /// The message that was said to stay first in the queue.
    staying: Option<i64>,
}

/// Who is to do a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The look into the queue.
    Queue,
    /// The order of that place.
    Order(usize),
}

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// That actor is to do this; tell [`Batch::heard`] what came. `Step::Wait` is none of these.
    Step(Actor, Step),
    /// Nothing to do until then, unless something is heard meanwhile.
    Wait(Duration),
    /// Every order ended.
    End,
}

struct Member {
    flow: Box<dyn Workflow>,
    /// A step is being done.
    busy: bool,
    ended: bool,
}

impl Member {
    fn waits(&self) -> bool {
        !self.ended && self.flow.is_ordered()
    }
}

impl Batch {
    /// These orders.
    pub fn new(flows: Vec<Box<dyn Workflow>>, foreign: ForeignMessages) -> Self {
        let members = flows.into_iter().map(|flow| Member { flow, busy: false, ended: false }).collect();
        Self { members, queue: Queue::new(foreign), unclaimed: Vec::new(), staying: None }
    }

    /// The order of that place.
    pub fn order(&self, place: usize) -> Option<&dyn Workflow> {
        self.members.get(place).map(|member| &*member.flow)
    }

    /// Places of the orders that wait for their message.
    pub fn waiting(&self) -> impl Iterator<Item = usize> + '_ {
        self.members.iter().enumerate().filter(|(_, member)| member.waits()).map(|(place, _)| place)
    }

    /// Places of the orders that have not ended.
    pub fn open(&self) -> impl Iterator<Item = usize> + '_ {
        self.members.iter().enumerate().filter(|(_, member)| !member.ended).map(|(place, _)| place)
    }

    /// For how long another process that looks into the queue may not have looked before this run does in its place.
    pub fn queue_patience(&self) -> Duration {
        self.queue.patience()
    }

    /// What to do next. A step is given once; its actor is busy until something is heard of it.
    pub fn next(&mut self, now: Duration) -> Action {
        let mut wake: Option<Duration> = None;
        let mut sooner = |until: Duration| wake = Some(wake.map_or(until, |wake| wake.min(until)));
        let mut sends = None;
        let mut open = false;
        for (place, member) in self.members.iter_mut().enumerate().filter(|(_, member)| !member.ended) {
            open = true;
            if member.busy {
                continue;
            }
            match member.flow.step(now) {
                Step::Wait(until) => sooner(until),
                Step::End(ending) => {
                    member.ended = true;
                    return Action::Step(Actor::Order(place), Step::End(ending));
                }
                Step::Send(task) => {
                    // What is accepted comes before what is not even ordered.
                    let first = member.flow.is_ordered();
                    if sends.is_none() || first {
                        sends = Some((place, task));
                    }
                    if first {
                        break;
                    }
                }
                step => {
                    member.busy = true;
                    return Action::Step(Actor::Order(place), step);
                }
            }
        }
        // A message that is stored is confirmed before the batch ends.
        if !open && self.queue.is_idle() {
            return Action::End;
        }
        let is_in_hand = !self.queue.is_idle();
        let waits = self.members.iter().any(Member::waits);
        if !self.queue.is_busy() && (is_in_hand || waits) {
            if self.queue.is_watched() {
                match self.queue.step(now, sends.is_some()) {
                    Step::Wait(until) => sooner(until),
                    step => return Action::Step(Actor::Queue, step),
                }
            } else {
                let news = self.queue.pass(now);
                let is_new = matches!(news, News::Silence(_));
                self.take(news, now);
                if is_new {
                    return self.next(now);
                }
                self.queue.next().into_iter().for_each(sooner);
            }
        }
        match sends {
            Some((place, task)) => {
                if let Some(member) = self.members.get_mut(place) {
                    member.busy = true;
                }
                Action::Step(Actor::Order(place), Step::Send(task))
            }
            None => Action::Wait(wake.unwrap_or(now + backoff(u32::MAX))),
        }
    }

    /// What came of a step. Gives the id of a message that this run confirmed and that is first in the queue still, when it is found there.
    pub fn heard(&mut self, who: Actor, event: Event, now: Duration) -> Option<i64> {
        match who {
            Actor::Queue => {
                let news = self.queue.heard(event, now);
                let stays = match news {
                    News::Stays(id) => Some(id),
                    _ => None,
                };
                self.take(news, now);
                stays.filter(|id| self.staying.replace(*id) != Some(*id))
            }
            Actor::Order(place) => {
                let spares_fetch = self.spares_fetch();
                let member = self.members.get_mut(place)?;
                member.busy = false;
                member.flow.heard(event, now);
                let wait = member.flow.waiting()?;
                let early = self.unclaimed.iter().position(|message| wait.is_ours(message));
                if let Some(message) = early.map(|at| self.unclaimed.swap_remove(at)) {
                    wait.deliver(&message, spares_fetch);
                }
                None
            }
        }
    }

    /// Puts another order in the place of one that ended.
    pub fn replace(&mut self, place: usize, flow: Box<dyn Workflow>) {
        if let Some(member) = self.members.get_mut(place) {
            *member = Member { flow, busy: false, ended: false };
        }
    }

    /// An order that cannot go on: its run ended with an error.
    pub fn gave_up(&mut self, place: usize) {
        if let Some(member) = self.members.get_mut(place) {
            member.ended = true;
            member.busy = false;
        }
    }

    /// Hands a message to the order it is about. Gives the order's place.
    pub fn deliver(&mut self, message: &PollMessage) -> Option<usize> {
        let spares_fetch = self.spares_fetch();
        let place = self.place_of(message)?;
        let member = self.members.get_mut(place)?;
        if !member.busy {
            member.flow.waiting()?.deliver(message, spares_fetch);
        } else if !self.unclaimed.contains(message) {
            // It gets its answer first.
            self.unclaimed.push(message.clone());
        }
        self.queue.told_something();
        Some(place)
    }

    /// Of many orders one whose notification carries the whole certificate is spared a request; a single one is always fetched.
    fn spares_fetch(&self) -> bool {
        self.members.len() > 1
    }

    fn place_of(&mut self, message: &PollMessage) -> Option<usize> {
        self.members
            .iter_mut()
            .position(|member| !member.ended && member.flow.waiting().is_some_and(|wait| wait.is_ours(message)))
    }

    /// What the queue tells.
    fn take(&mut self, news: News, now: Duration) {
        match news {
            News::Nothing => {}
            News::Found(message) => {
                let ours = self.place_of(&message).is_some();
                self.queue.decide(message, ours);
            }
            News::Stored(message) => {
                let stays = message.id.is_none();
                if self.deliver(&message).is_none() {
                    self.unclaimed.push(*message);
                }
                if stays {
                    self.take(News::Silence(Silence::Empty), now);
                }
            }
            News::Stays(_) => self.take(News::Silence(Silence::Blocked), now),
            News::Silence(silence) => self.idle().for_each(|wait| wait.queue_is_silent(silence, now)),
            News::Stop(message) => self.idle().for_each(|wait| wait.stop(message)),
        }
    }

    /// What waits and does nothing else.
    fn idle(&mut self) -> impl Iterator<Item = &mut Wait> {
        let idle = self.members.iter_mut().filter(|member| !member.ended && !member.busy);
        idle.filter_map(|member| member.flow.waiting())
    }
}
