//! The account's queue: one look into it for all orders that wait.

use std::time::Duration;

use certgate_domain::{
    AnyData, PollMessage, Verdict,
    task::{PollConfirm, PollInfo},
};

use crate::{Event, ForeignMessages, Silence, Step, Whose, wait::backoff};

/// Looks into the queue; each message is stored before it is confirmed.
#[derive(Debug)]
pub(crate) struct Queue {
    foreign: ForeignMessages,
    state: State,
    busy: bool,
    looks: u32,
    /// When it was looked into last.
    looked: Option<Duration>,
    /// Until when the orders need not be told again that another process looks into it.
    told: Duration,
    /// The messages that this run confirmed, whatever was said to that: one that is first again stays there.
    confirmed: Vec<i64>,
}

#[derive(Debug)]
enum State {
    Until(Duration),
    /// It is not known yet whose the message is.
    Identify(Box<PollMessage>),
    Store(Box<PollMessage>),
    Confirm(i64),
}

/// What came of a step, for the orders.
#[derive(Debug)]
pub(crate) enum News {
    /// Nothing for them.
    Nothing,
    /// A message, which is in hand: an order may say that it is its own.
    Found(Box<PollMessage>),
    /// A message that is stored; one that cannot be confirmed stays first.
    Stored(Box<PollMessage>),
    /// A message that was confirmed is first still.
    Stays(i64),
    /// It does not tell of their jobs.
    Silence(Silence),
    /// Somebody else's message is first, and is not to be touched.
    Stop(Option<i64>),
}

/// How long orders go first while there are some to be sent.
const TURNS: Duration = Duration::from_secs(5);
/// How long it is left to another process before it is asked again whether that one still looks.
const LEFT_TO_ANOTHER: Duration = Duration::from_secs(2);
/// However long this one would rest, another one that has not looked for so long is relieved.
const LONGEST_PATIENCE: Duration = Duration::from_secs(10);

impl Queue {
    pub(crate) fn new(foreign: ForeignMessages) -> Self {
        Self {
            foreign,
            state: State::Until(Duration::ZERO),
            busy: false,
            looks: 0,
            looked: None,
            told: Duration::ZERO,
            confirmed: Vec::new(),
        }
    }

    /// Whether nothing is in hand that would be lost for this run.
    pub(crate) fn is_idle(&self) -> bool {
        !self.busy && matches!(self.state, State::Until(_))
    }

    /// What to do next. `sends`: orders have something to send.
    pub(crate) fn step(&mut self, now: Duration, sends: bool) -> Step {
        let step = match &self.state {
            State::Identify(message) => Step::Identify(message.clone()),
            State::Store(message) => Step::Store(message.clone()),
            State::Confirm(id) => Step::Send(PollConfirm::new(*id).into()),
            State::Until(until) => {
                let is_hungry = self.looked.is_none_or(|looked| now >= looked + TURNS);
                if now < *until || (sends && !is_hungry) {
                    return Step::Wait((*until).max(now));
                }
                self.looked = Some(now);
                Step::Send(PollInfo.into())
            }
        };
        self.busy = true;
        step
    }

    /// Whether a step is being done.
    pub(crate) fn is_busy(&self) -> bool {
        self.busy
    }

    /// Whether it is looked into at all; else its turn is only to say so.
    pub(crate) fn is_watched(&self) -> bool {
        self.foreign != ForeignMessages::Leave
    }

    /// Its turn where nobody looks into it.
    pub(crate) fn pass(&mut self, now: Duration) -> News {
        match self.state {
            State::Until(until) if now >= until => self.look_later(Silence::Unwatched, now),
            _ => News::Nothing,
        }
    }

    /// For how long another process may not have looked before this one does in its place.
    pub(crate) fn patience(&self) -> Duration {
        backoff(self.looks).clamp(LEFT_TO_ANOTHER, LONGEST_PATIENCE)
    }

    /// A message of it came to an order, whoever found it: there may be more.
    pub(crate) fn told_something(&mut self) {
        self.looks = 0;
    }

    /// When it has its next turn.
    pub(crate) fn next(&self) -> Option<Duration> {
        match self.state {
            State::Until(until) => Some(until),
            _ => None,
        }
    }

    /// What came of its step.
    pub(crate) fn heard(&mut self, event: Event, now: Duration) -> News {
        self.busy = false;
        match (std::mem::replace(&mut self.state, State::Until(now)), event) {
            (State::Until(_), Event::Answered(answer)) if answer.verdict() == Some(Verdict::Refused) => {
                self.look_later(Silence::Unwatched, now)
            }
            (State::Until(_), Event::Answered(answer)) => {
                let message = answer.data.into_iter().find_map(|data| match data {
                    AnyData::PollMessage(message) if *message != PollMessage::default() => Some(message),
                    _ => None,
                });
                match message {
                    Some(message) => match message.id.filter(|id| self.confirmed.contains(id)) {
                        Some(id) => {
                            self.look_later(Silence::Blocked, now);
                            News::Stays(id)
                        }
                        None => News::Found(message),
                    },
                    None => self.look_later(Silence::Empty, now),
                }
            }
            (State::Until(_), Event::ReadByAnother(silence)) => self.leave_to_another(silence, now),
            (State::Identify(message), Event::Identified(Whose::Ours)) => {
                self.state = State::Store(message);
                News::Nothing
            }
            (State::Identify(_), Event::Identified(Whose::NotKnownYet)) => {
                self.state = State::Until(now + backoff(0));
                News::Nothing
            }
            (State::Identify(message), Event::Identified(Whose::Foreign)) => match self.foreign {
                ForeignMessages::Stop => {
                    self.look_later(Silence::Blocked, now);
                    News::Stop(message.id)
                }
                _ => self.look_later(Silence::Blocked, now),
            },
            (State::Store(message), Event::Stored) => {
                if let Some(id) = message.id {
                    self.looks = 0;
                    self.state = State::Confirm(id);
                } else {
                    self.look_later(Silence::Empty, now);
                }
                News::Stored(message)
            }
            // Taken off, or somebody else took it off: the next look shows.
            (State::Confirm(id), Event::Answered(answer)) => {
                self.confirmed.push(id);
                if answer.verdict() == Some(Verdict::Refused) {
                    self.state = State::Until(now + backoff(0));
                }
                News::Nothing
            }
            _ => self.look_later(Silence::Empty, now),
        }
    }

    /// What is done with the message that was found. `ours`: an order of this run waits for it.
    pub(crate) fn decide(&mut self, message: Box<PollMessage>, ours: bool) {
        self.state = match self.foreign {
            _ if ours => State::Store(message),
            ForeignMessages::Spool => State::Store(message),
            _ => State::Identify(message),
        };
    }

    /// The orders are told as rarely as if it had been looked into in vain.
    fn leave_to_another(&mut self, silence: Option<Silence>, now: Duration) -> News {
        self.state = State::Until(now + LEFT_TO_ANOTHER);
        let Some(silence) = silence.filter(|_| now >= self.told) else { return News::Nothing };
        self.told = now + backoff(self.looks);
        self.looks = self.looks.saturating_add(1);
        News::Silence(silence)
    }

    fn look_later(&mut self, silence: Silence, now: Duration) -> News {
        self.state = State::Until(now + backoff(self.looks));
        self.looks = self.looks.saturating_add(1);
        News::Silence(silence)
    }
}
