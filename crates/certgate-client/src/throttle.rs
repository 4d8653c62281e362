//! The gateway's pace, kept by all who share it.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use certgate_flow::RateLimiter;

/// Says when a request may leave.
pub trait Throttle: Send + Sync {
    /// Lets a request leave now, or says how long to wait before asking again.
    fn depart(&self) -> Option<Duration>;

    /// Has everybody wait so long: the gateway asked for it.
    fn hold(&self, pause: Duration);

    /// The line in which the requests of this process wait for it: only the first one of it may ask to leave.
    fn line(&self) -> &Line;
}

/// A line of waiting requests: first come, first served.
#[derive(Debug, Default)]
pub struct Line {
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// The number of the next one to come.
    next: u64,
    /// Those that wait, the first one in front. Each has a bell of its own: a line that moves wakes one of them, not all.
    places: VecDeque<(u64, Arc<Condvar>)>,
}

/// A place in a [`Line`], which is left when this is dropped.
#[derive(Debug)]
pub struct Place<'a> {
    line: &'a Line,
    number: u64,
    bell: Arc<Condvar>,
}

impl Line {
    /// Takes the last place.
    pub fn join(&self) -> Place<'_> {
        let bell = Arc::new(Condvar::new());
        let mut waiting = self.waiting();
        let number = waiting.next;
        waiting.next += 1;
        waiting.places.push_back((number, bell.clone()));
        Place { line: self, number, bell }
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting().places.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Has the first one look again whether there is what it waits for.
    pub fn ring(&self) {
        if let Some((_, bell)) = self.waiting().places.front() {
            bell.notify_one();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    /// Waits until it is the first place, so long at most; whether it is.
    pub(crate) fn is_first_within(&self, patience: Duration) -> bool {
        self.first_within(patience, || Some(())).is_some()
    }

    /// Waits until it is the first place and there is something to take, so long at most. Whoever adds to what is there rings
    /// ([`Line::ring`]).
    pub fn first_within<T>(&self, patience: Duration, take: impl Fn() -> Option<T>) -> Option<T> {
        let mut taken = None;
        let is_to_wait = |waiting: &mut Waiting| {
            if waiting.places.front().is_some_and(|(first, _)| *first == self.number) {
                taken = take();
            }
            taken.is_none()
        };
        drop(self.bell.wait_timeout_while(self.line.waiting(), patience, is_to_wait));
        taken
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut waiting = self.line.waiting();
        if let Ok(at) = waiting.places.binary_search_by_key(&self.number, |(number, _)| *number) {
            waiting.places.remove(at);
        }
        drop(waiting);
        self.line.ring();
    }
}

/// The pace of this process alone.
pub struct OwnPace {
    started: Instant,
    state: Mutex<(RateLimiter, Duration)>,
    line: Line,
}

impl OwnPace {
    /// That many requests a second.
    pub fn new(per_second: usize) -> Self {
        let state = Mutex::new((RateLimiter::new(per_second), Duration::ZERO));
        Self { started: Instant::now(), state, line: Line::default() }
    }
}

impl Throttle for OwnPace {
    fn depart(&self) -> Option<Duration> {
        let now = self.started.elapsed();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (pace, hold) = &mut *state;
        let wait = pace.wait(now).max(hold.saturating_sub(now));
        if wait.is_zero() {
            pace.sent(now);
            return None;
        }
        Some(wait)
    }

    fn hold(&self, pause: Duration) {
        let until = self.started.elapsed().saturating_add(pause);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.1 = state.1.max(until);
    }

    fn line(&self) -> &Line {
        &self.line
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use super::Line;

    #[test]
    fn first_come_first_served() {
        let line = Line::default();
        let first = line.join();
        assert!(first.is_first_within(Duration::ZERO));
        let (served, order) = mpsc::channel();
        thread::scope(|scope| {
            for number in 0..8 {
                let (place, served) = (line.join(), served.clone());
                scope.spawn(move || {
                    // One of them gives up while it waits, and holds nobody up.
                    if number != 3 {
                        assert!(place.is_first_within(Duration::from_secs(60)));
                        served.send(number).unwrap();
                    }
                });
            }
            let late = line.join();
            assert!(!late.is_first_within(Duration::ZERO));
            drop(first);
            assert!(late.is_first_within(Duration::from_secs(60)));
        });
        drop(served);
        assert_eq!(order.iter().collect::<Vec<_>>(), [0, 1, 2, 4, 5, 6, 7]);
        assert!(line.is_empty());
    }
}
