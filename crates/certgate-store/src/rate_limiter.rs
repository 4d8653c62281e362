//! The gateway's pace, shared by several processes.

use std::{path::Path, time::Duration};

use crate::{
    Sqlite, StoreAddress, StoreError,
    database::Database,
    engine::Engine,
    tables::departures::{self, LastDraw},
};

/// Where processes that share a pace write down when their requests leave: for one gateway, at so many requests a second, by the
/// database's clock.
pub struct SharedRateLimiter {
    place: Place,
    gateway: String,
    per_second: usize,
    last: LastDraw,
}

enum Place {
    /// It is opened with the first departure.
    At(StoreAddress),
    Open(Database),
}

impl SharedRateLimiter {
    /// In a file, made where it is missing: the pace of all processes of a machine that use it. It need not outlive a power cut.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn in_file(path: &Path, gateway: &str, per_second: usize) -> Result<Self, StoreError> {
        let place = Place::Open(Database::Sqlite(Sqlite::of_departures(path)?));
        Ok(Self { place, gateway: gateway.to_owned(), per_second, last: LastDraw::default() })
    }

    /// In a store: the pace of all machines that use it. There is a connection of its own, opened with the first departure.
    pub fn in_store(address: StoreAddress, gateway: &str, per_second: usize) -> Self {
        Self { place: Place::At(address), gateway: gateway.to_owned(), per_second, last: LastDraw::default() }
    }

    /// Writes down that requests leave, or says how long to wait before asking again.
    ///
    /// # Errors
    /// It could not be written.
    pub fn draw(&mut self, draw: Draw) -> Result<Departures, StoreError> {
        self.draw_by(draw, None)
    }

    /// The same at that time, in milliseconds since 1970.
    ///
    /// # Errors
    /// It could not be written.
    pub fn draw_at(&mut self, draw: Draw, now: i64) -> Result<Departures, StoreError> {
        self.draw_by(draw, Some(now))
    }

    /// Has everybody wait so long from now on: the gateway asked for it.
    ///
    /// # Errors
    /// It could not be written.
    pub fn hold(&mut self, pause: Duration) -> Result<(), StoreError> {
        self.hold_by(pause, None)
    }

    /// The same from that time on, in milliseconds since 1970.
    ///
    /// # Errors
    /// It could not be written.
    pub fn hold_at(&mut self, pause: Duration, now: i64) -> Result<(), StoreError> {
        self.hold_by(pause, Some(now))
    }

    fn draw_by(&mut self, draw: Draw, now: Option<i64>) -> Result<Departures, StoreError> {
        let Self { place, gateway, per_second, last } = self;
        place.open()?.write_in_turn(gateway, |session| {
            let now = now.map_or_else(|| departures::now(session), Ok)?;
            departures::draw(session, gateway, *per_second, draw, last, now)
        })
    }

    fn hold_by(&mut self, pause: Duration, now: Option<i64>) -> Result<(), StoreError> {
        let Self { place, gateway, .. } = self;
        place.open()?.write_in_turn(gateway, |session| {
            let now = now.map_or_else(|| departures::now(session), Ok)?;
            departures::hold(session, gateway, pause, now)
        })
    }
}

impl Place {
    fn open(&mut self) -> Result<&mut Database, StoreError> {
        if let Self::At(address) = self {
            *self = Self::Open(Database::open(address)?);
        }
        match self {
            Self::Open(database) => Ok(database),
            Self::At(address) => Err(StoreError::unwritable(address, "it is not open")),
        }
    }
}

/// What a process asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// So many departures at most, one at least.
    pub wanted: usize,
    /// So many of those that it drew before were not used, and will not be: others may have them.
    pub unused: usize,
}

/// What a process may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departures {
    /// So many requests may leave: the first one at once, the others within [`Departures::WITHIN`].
    Granted(usize),
    /// None may leave for so long.
    After(Duration),
}

impl Departures {
    /// How long departures that were drawn may be used. They are written down as used at the end of it.
    pub const WITHIN: Duration = Duration::from_millis(25);
}

/// The departures that one process has in hand. Where the pace is high, it draws several at a time, so that not each request costs a
/// transaction; what all processes do together stays within the pace.
#[derive(Debug)]
pub struct Ration {
    /// As many may be in hand.
    most: usize,
    /// So many were drawn last.
    drawn: usize,
    in_hand: usize,
    /// When those in hand end.
    until: Duration,
}

impl Ration {
    /// Of a pace of so many requests a second.
    pub fn new(per_second: usize) -> Self {
        Self { most: (per_second / SHARES).max(1), drawn: 0, in_hand: 0, until: Duration::ZERO }
    }

    /// Lets a request leave now, or says how long to wait before asking again. `now` is the time of a clock that is never set back; `draw`
    /// asks for more where nothing is in hand.
    ///
    /// # Errors
    /// Those of `draw`.
    pub fn depart<E>(
        &mut self,
        now: Duration,
        draw: impl FnOnce(Draw) -> Result<Departures, E>,
    ) -> Result<Option<Duration>, E> {
        if self.in_hand > 0 && now < self.until {
            self.in_hand -= 1;
            return Ok(None);
        }
        let unused = std::mem::take(&mut self.in_hand);
        // As many as there was use for; more as long as all are used.
        let wanted = if unused == 0 { 2 * self.drawn } else { self.drawn - unused };
        self.drawn = 0;
        match draw(Draw { wanted: wanted.clamp(1, self.most), unused })? {
            Departures::Granted(count) => {
                (self.drawn, self.in_hand) = (count, count.saturating_sub(1));
                self.until = now + Departures::WITHIN;
                Ok(None)
            }
            Departures::After(wait) => Ok(Some(wait)),
        }
    }

    /// Lets none of those in hand leave: they go back with the next draw.
    pub fn stop(&mut self) {
        self.until = Duration::ZERO;
    }
}

/// A process has this share of a second's requests in hand at most.
const SHARES: usize = 32;
