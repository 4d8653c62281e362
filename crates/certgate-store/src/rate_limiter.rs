//! The gateway's pace, shared by the processes of a machine.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior, params};

use crate::{
    StoreError,
    sqlite::{connect, log_ahead},
};

/// So many requests a second and gateway, first come first served, across processes. It need not outlive a power cut.
#[derive(Debug)]
pub struct SharedRateLimiter {
    connection: Connection,
    path: PathBuf,
}

/// A second, and a little for the way: the gateway counts arrivals, we count departures.
const WINDOW: i64 = 1045;

impl SharedRateLimiter {
    /// The budget in that file, made where it is missing.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = connect(path)?;
        log_ahead(&connection, path)?;
        let failed = |error| StoreError::of(path, &error);
        connection
            .execute_batch(
                "PRAGMA synchronous = OFF;
                 CREATE TABLE IF NOT EXISTS departures (key TEXT NOT NULL, at INTEGER NOT NULL);
                 CREATE INDEX IF NOT EXISTS departures_by_key ON departures (key, at);
                 CREATE TABLE IF NOT EXISTS holds (key TEXT PRIMARY KEY, until INTEGER NOT NULL, length INTEGER NOT NULL)
                 WITHOUT ROWID;",
            )
            .map_err(failed)?;
        Ok(Self { connection, path: path.to_owned() })
    }

    /// Lets a request leave now, or says until when to wait before asking again, in milliseconds since 1970. A place is taken
    /// only by a request that leaves at once, so that one which is late takes none from the others.
    ///
    /// # Errors
    /// It could not be kept.
    pub fn depart(&mut self, key: &str, per_second: usize, now: i64) -> Result<Option<i64>, StoreError> {
        self.departed(key, per_second.max(1), now).map_err(|error| StoreError::of(&self.path, &error))
    }

    fn departed(&mut self, key: &str, per_second: usize, now: i64) -> Result<Option<i64>, rusqlite::Error> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // A clock that was set back must not keep everybody waiting.
        transaction.execute(
            "DELETE FROM departures WHERE key = ?1 AND (at < ?2 OR at > ?3)",
            params![key, now - 2 * WINDOW, now + 2 * WINDOW],
        )?;
        let hold: i64 = transaction.query_row(
            "SELECT coalesce(max(until), 0) FROM holds WHERE key = ?1 AND until - ?2 <= length + ?3",
            params![key, now, 2 * WINDOW],
            |row| row.get(0),
        )?;
        let before: Option<i64> = {
            let mut statement = transaction
                .prepare_cached("SELECT at FROM departures WHERE key = ?1 ORDER BY at DESC LIMIT 1 OFFSET ?2")?;
            let mut rows = statement.query(params![key, per_second as i64 - 1])?;
            rows.next()?.map(|row| row.get(0)).transpose()?
        };
        let at = before.map_or(now, |before| before + WINDOW).max(hold);
        if at > now {
            transaction.commit()?;
            return Ok(Some(at));
        }
        transaction.execute("INSERT INTO departures (key, at) VALUES (?1, ?2)", params![key, now])?;
        transaction.commit()?;
        Ok(None)
    }

    /// Has everybody wait so many milliseconds from now on: the gateway asked for it.
    ///
    /// # Errors
    /// It could not be kept.
    pub fn hold(&mut self, key: &str, now: i64, length: i64) -> Result<(), StoreError> {
        self.connection
            .execute(
                // One that lasts longer stands, unless the clock was set back since.
                "INSERT INTO holds (key, until, length) VALUES (?1, ?3, ?4)
                 ON CONFLICT (key) DO UPDATE SET until = excluded.until, length = excluded.length
                 WHERE until < excluded.until OR until - ?2 > length + ?5",
                params![key, now, now.saturating_add(length), length, 2 * WINDOW],
            )
            .map(drop)
            .map_err(|error| StoreError::of(&self.path, &error))
    }
}
