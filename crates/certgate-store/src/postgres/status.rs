//! What answers at an address, looked at without changing anything.

use std::time::Instant;

use tokio_postgres::config::SslMode;

use super::{
    Postgres, PostgresAddress,
    connection::{Access, Connection, TextRow},
    schema::{lock_key, version},
    session::PostgresSession,
};
use crate::{Lease, StoreError, StoreStatus, status};

const TLS: &str =
    "SELECT current_setting('server_version'), (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl)";

impl Postgres {
    pub(crate) fn status(address: &PostgresAddress) -> Result<StoreStatus, StoreError> {
        let store = Self::connected(address)?;
        let connection = store.connection(Instant::now())?;
        let ask = |sql: &str| connection.row(store.runtime(), sql).map_err(|fault| fault.error(store.place()));
        let row = ask(TLS)?;
        let asked = Instant::now();
        ask("SELECT 1")?;
        let latency = asked.elapsed();
        let version = version(&store, &connection)?;
        let is_pooled = store.is_pooled(&connection)?;
        // A pool may not have what was prepared.
        let contents = match version {
            StoreStatus::KNOWN if !is_pooled => {
                let may_run = |token: &str, place: &str| Lease::may_run(address.locks.as_deref(), token, place);
                Some(status::contents(&PostgresSession::reading(&store), may_run)?)
            }
            _ => None,
        };
        Ok(StoreStatus {
            // Distributions add their own after it.
            database: format!("PostgreSQL {}", row.text(0).and_then(|text| text.split(' ').next()).unwrap_or_default()),
            version,
            latency,
            // Where a pool is in between, it is the pool that has TLS with the server.
            tls: row.text(1).filter(|_| address.config.get_ssl_mode() != SslMode::Disable).map(str::to_owned),
            is_pooled,
            contents,
        })
    }

    /// Whether two connections share a session of the database, or one changes it from statement to statement: who listens in it
    /// hears nothing then, and what was prepared in it is not there.
    fn is_pooled(&self, one: &Connection) -> Result<bool, StoreError> {
        let access = Access::of(&self.address, self.place())?;
        let other = Connection::open(self.runtime(), &access, self.place()).map_err(|refused| refused.error)?;
        // Nobody else takes this one.
        let key = lock_key(&format!("session {} {}", one.backend.pid, one.backend.started));
        let ask = |connection: &Connection| {
            let question = format!("SELECT pg_backend_pid(), pg_try_advisory_lock({key})");
            connection.row(self.runtime(), &question).map_err(|fault| fault.error(self.place()))
        };
        // A session that locks twice succeeds, and another one does not.
        let (first, second) = (ask(one)?, ask(&other)?);
        for connection in [one, &other] {
            // A session that has no such lock says so with a warning.
            let _ = connection.row(self.runtime(), &format!("SELECT pg_advisory_unlock({key})"));
        }
        let changes = |connection: &Connection, row: &TextRow| row.number(0) != connection.backend.pid;
        let is_pooled = second.is_true(1) || changes(one, &first) || changes(&other, &second);
        other.close(self.runtime());
        Ok(is_pooled)
    }
}
