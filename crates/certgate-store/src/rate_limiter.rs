//! The gateway's pace, shared by several processes.

use std::{path::Path, time::Duration};

use crate::{
    Sqlite, StoreAddress, StoreError, database::Database, engine::Engine, session::Session, tables::departures,
};

/// Where processes that share a pace write down when their requests leave: for one gateway, at so many requests a second, by the
/// database's clock.
pub struct SharedRateLimiter {
    address: StoreAddress,
    /// It is opened with the first departure.
    database: Option<Database>,
    gateway: String,
    per_second: usize,
    /// What was drawn last, and may be given back.
    last: Option<i64>,
}

impl SharedRateLimiter {
    /// In a file, made where it is missing: the pace of all processes of a machine that use it. It need not outlive a power cut.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn in_file(path: &Path, gateway: &str, per_second: usize) -> Result<Self, StoreError> {
        let database = Some(Database::Sqlite(Sqlite::of_departures(path)?));
        Ok(Self { database, ..Self::in_store(path.into(), gateway, per_second) })
    }

    /// In a store: the pace of all machines that use it. There is a connection of its own, opened with the first departure.
    pub fn in_store(address: StoreAddress, gateway: &str, per_second: usize) -> Self {
        Self { address, database: None, gateway: gateway.to_owned(), per_second, last: None }
    }

    /// Writes down that requests leave, or says how long to wait before asking again. `now` is in milliseconds since 1970; the database's
    /// clock tells where none is given.
    ///
    /// # Errors
    /// It could not be written.
    pub fn draw(&mut self, draw: Draw, now: Option<i64>) -> Result<Departures, StoreError> {
        let (last, per_second) = (self.last.take(), self.per_second);
        let (departures, drawn) =
            self.write(now, |session, key, now| departures::draw(session, key, per_second, draw, last, now))?;
        self.last = drawn;
        Ok(departures)
    }

    /// Has everybody wait so long from then on: the gateway asked for it.
    ///
    /// # Errors
    /// It could not be written.
    pub fn hold(&mut self, pause: Duration, now: Option<i64>) -> Result<(), StoreError> {
        self.write(now, |session, key, now| departures::hold(session, key, pause, now))
    }

    /// Runs that in its turn, again where the database was lost meanwhile.
    fn write<T>(
        &mut self,
        now: Option<i64>,
        run: impl Fn(&dyn Session, &str, i64) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let database = match &mut self.database {
            Some(database) => database,
            closed => closed.insert(Database::open(&self.address)?),
        };
        database.write_in_turn(&self.gateway, |session| {
            let now = now.map_or_else(|| departures::now(session), Ok)?;
            run(session, &self.gateway, now)
        })
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
