//! What a store is, looked at without changing anything.

use std::time::Duration;

use crate::{StoreError, migrations::VERSION, session::Session};

/// What a store is, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreStatus {
    /// The database and its version, such as `PostgreSQL 15.13`.
    pub database: String,
    /// The version of its tables; 0 where none were made yet.
    pub version: i64,
    /// How long one question to it took, the way there and back included.
    pub latency: Duration,
    /// The TLS of the connection, such as `TLSv1.3`. `None` for a file, and where there is none.
    pub tls: Option<String>,
    /// Whether what answers is a pool that gives each transaction another session of the database, such as PgBouncer's in
    /// transaction mode. Who is told of what other processes stored needs a session of its own, and so do prepared statements.
    pub is_pooled: bool,
    /// What is in it, where its tables are of the version that this certgate knows.
    pub contents: Option<StoreContents>,
}

/// What is in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreContents {
    /// Orders of all accounts.
    pub orders: u64,
    /// Those of them that are not finished.
    pub unfinished: u64,
    /// Messages of all queues.
    pub messages: u64,
    /// How long each lease lasts that has not ended, by the database's clock, the shortest first. What is known to have ended
    /// with its process is left out.
    pub leases: Vec<Duration>,
}

impl StoreStatus {
    /// The version of the tables that this certgate makes and knows.
    pub const KNOWN: i64 = VERSION;

    /// Whether opening it would bring it up to date.
    pub fn is_older(&self) -> bool {
        (1..VERSION).contains(&self.version)
    }

    /// Whether a newer certgate made it, which this one does not open.
    pub fn is_newer(&self) -> bool {
        self.version > VERSION
    }
}

/// What is in a store of today's version. `is_alive` tells of a lease's token and place whether its process may still run.
pub(crate) fn contents(
    session: &dyn Session,
    is_alive: impl Fn(&str, &str) -> bool,
) -> Result<StoreContents, StoreError> {
    let count = |sql: &str| -> Result<u64, StoreError> {
        let counted = session.first(sql, &[], |row| row.get::<i64>(0))?;
        Ok(counted.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
    };
    let left =
        format!("SELECT holder, place, expires - {0} FROM leases WHERE expires > {0} ORDER BY expires", session.now());
    let leases = session.all(&left, &[], |row| {
        let (token, place): (String, String) = (row.get(0)?, row.get(1)?);
        let left = Duration::from_millis(u64::try_from(row.get::<i64>(2)?).unwrap_or_default());
        Ok(is_alive(&token, &place).then_some(left))
    })?;
    Ok(StoreContents {
        orders: count("SELECT count(*) FROM orders")?,
        unfinished: count("SELECT count(*) FROM orders WHERE finished = 0")?,
        messages: count("SELECT count(*) FROM messages")?,
        leases: leases.into_iter().flatten().collect(),
    })
}
