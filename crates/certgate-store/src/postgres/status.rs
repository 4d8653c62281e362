//! What answers at an address, looked at without changing anything.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use super::{
    Postgres, PostgresAddress,
    connection::{Connection, limited},
    schema::{lock_key, version},
    session::PostgresSession,
};
use crate::{StoreError, StoreStatus, status};

const TLS: &str =
    "SELECT current_setting('server_version'), (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl)";

impl Postgres {
    pub(crate) fn status(address: &PostgresAddress) -> Result<StoreStatus, StoreError> {
        let store = Self::connected(address)?;
        let connection = store.connection(Instant::now())?;
        let failed = |fault: super::Fault| fault.error(store.place());
        let ask = |sql: &'static str| limited(store.runtime(), connection.client.query_one(sql, &[])).map_err(failed);
        let row = ask(TLS)?;
        let server: String = row.get(0);
        let asked = Instant::now();
        ask("SELECT 1")?;
        let latency = asked.elapsed();
        let version = version(&store, &connection)?;
        let contents = match version {
            StoreStatus::KNOWN => Some(status::contents(&PostgresSession::reading(&store))?),
            _ => None,
        };
        Ok(StoreStatus {
            // Distributions add their own after it.
            database: format!("PostgreSQL {}", server.split(' ').next().unwrap_or_default()),
            version,
            latency,
            tls: row.get(1),
            is_pooled: store.is_pooled(&connection)?,
            contents,
        })
    }

    /// Whether two connections share a session of the database, or one changes it from statement to statement: what locks or
    /// listens by its session is lost then.
    fn is_pooled(&self, one: &Connection) -> Result<bool, StoreError> {
        let other = Connection::open(self.runtime(), &self.address, self.place()).map_err(|refused| refused.error)?;
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        // Nobody else takes this one.
        let purpose = format!("{} {}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let key = lock_key(&format!("session {purpose} {} {}", one.backend.started, one.backend.pid));
        let ask = |connection: &Connection| {
            let question = "SELECT pg_backend_pid(), pg_try_advisory_lock($1)";
            let row = limited(self.runtime(), connection.client.query_one(question, &[&key]));
            let row = row.map_err(|fault| fault.error(self.place()))?;
            Ok::<_, StoreError>((row.get::<_, i32>(0), row.get::<_, bool>(1)))
        };
        // A session that locks twice succeeds, and another one does not.
        let (first, second) = (ask(one)?, ask(&other)?);
        for connection in [one, &other] {
            // A pool's session gives it back when it ends.
            let _ = limited(self.runtime(), connection.client.query("SELECT pg_advisory_unlock($1)", &[&key]));
        }
        let is_pooled = second.1 || first.0 != one.backend.pid || second.0 != other.backend.pid;
        other.close(self.runtime());
        Ok(is_pooled)
    }
}
