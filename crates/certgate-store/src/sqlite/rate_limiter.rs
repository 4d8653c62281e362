//! The pace that the processes of a machine share, in a file of SQLite.

use std::{path::Path, time::Duration};

use super::{Sqlite, connect, log_ahead};
use crate::{Departures, Draw, SharedRateLimiter, StoreError, engine::Engine, tables::departures};

/// The pace of a gateway for all processes of a machine that use the same file. It need not outlive a power cut.
#[derive(Debug)]
pub struct SqliteRateLimiter {
    database: Sqlite,
    gateway: String,
    per_second: usize,
    last: departures::LastDraw,
}

impl SqliteRateLimiter {
    /// By what is written down in that file, made where it is missing.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(path: &Path, gateway: &str, per_second: usize) -> Result<Self, StoreError> {
        let connection = connect(path)?;
        log_ahead(&connection, path)?;
        connection
            .execute_batch(
                "PRAGMA synchronous = OFF;
                 CREATE TABLE IF NOT EXISTS draws
                 (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, at INTEGER NOT NULL, count INTEGER NOT NULL);
                 CREATE INDEX IF NOT EXISTS draws_by_key ON draws (key, at);
                 CREATE TABLE IF NOT EXISTS holds (key TEXT PRIMARY KEY, until INTEGER NOT NULL, length INTEGER NOT NULL)
                 WITHOUT ROWID;",
            )
            .map_err(|error| StoreError::of(path, &error))?;
        let database = Sqlite { connection, path: path.to_owned(), migrated_from: None };
        Ok(Self { database, gateway: gateway.to_owned(), per_second, last: departures::LastDraw::default() })
    }

    /// [`SharedRateLimiter::draw`] at that time, in milliseconds since 1970.
    ///
    /// # Errors
    /// It could not be written.
    pub fn draw_at(&mut self, draw: Draw, now: i64) -> Result<Departures, StoreError> {
        let Self { database, gateway, per_second, last } = self;
        database.write(|session| departures::draw(session, gateway, *per_second, draw, last, now))
    }

    /// [`SharedRateLimiter::hold`] at that time, in milliseconds since 1970.
    ///
    /// # Errors
    /// It could not be written.
    pub fn hold_at(&mut self, pause: Duration, now: i64) -> Result<(), StoreError> {
        self.database.write(|session| departures::hold(session, &self.gateway, pause, now))
    }
}

impl SharedRateLimiter for SqliteRateLimiter {
    fn draw(&mut self, draw: Draw) -> Result<Departures, StoreError> {
        let Self { database, gateway, per_second, last } = self;
        database.write(|session| {
            let now = departures::now(session)?;
            departures::draw(session, gateway, *per_second, draw, last, now)
        })
    }

    fn hold(&mut self, pause: Duration) -> Result<(), StoreError> {
        self.database.write(|session| departures::hold(session, &self.gateway, pause, departures::now(session)?))
    }
}
