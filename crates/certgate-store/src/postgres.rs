//! A schema in PostgreSQL: the store of several machines.

mod address;
mod connection;
mod password;
mod schema;
mod session;
mod status;
mod tls;

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::runtime::{Builder, Runtime};

pub use self::address::PostgresAddress;
use self::{
    connection::{Access, Backend, Connection, Fault, Refused, limited},
    session::{NOW, PostgresSession},
};
use crate::{StoreError, engine::Engine, migrations::VERSION, session::Session};

/// The store in a schema of PostgreSQL: the one that new tables of the role go to. Every transaction is serializable and synced
/// before it counts.
///
/// There is one connection, made anew when it is lost. Each transaction leaves its connection's name and a number: by these it is told what
/// became of it, and it is run again only where it came to nothing.
pub struct Postgres {
    address: PostgresAddress,
    place: String,
    runtime: Option<Runtime>,
    connection: RefCell<Option<Arc<Connection>>>,
    /// The session of the connection that was lost last: it may not know yet that nobody listens to it.
    lost: RefCell<Option<Backend>>,
    migrated_from: Option<i64>,
    /// How many transactions were begun.
    begun: Cell<u64>,
}

/// For how long a lost connection is made anew, and what others were in the way of is tried again. A lease lasts longer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(50);
/// Between two tries to connect at most: each pause is twice as long as the one before.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Begins a transaction that runs as if it were alone, and is synced.
const ALONE: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE; \
    SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'";

/// Limits a transaction. The database's own limits are below ours: it lets go of what it holds for us.
const LIMITED: &str = "SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '10s'; \
    SET LOCAL idle_in_transaction_session_timeout = '60s'";

/// Forgets connections that nobody asks for any more.
const FORGET: &str = "DELETE FROM writers WHERE at < extract(epoch FROM clock_timestamp()) * 1000 - 86400000";

impl Postgres {
    /// Opens the store at that address: makes its tables where there are none, and brings older ones up to date.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn open(address: &PostgresAddress) -> Result<Self, StoreError> {
        let mut store = Self::connected(address)?;
        let found = schema::bring_up_to_date(&store)?;
        store.migrated_from = (1..VERSION).contains(&found).then_some(found);
        Ok(store)
    }

    /// Connects, and looks at nothing.
    fn connected(address: &PostgresAddress) -> Result<Self, StoreError> {
        let place = address.to_string();
        let runtime = Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = runtime.map_err(|why| StoreError::unwritable(&place, why))?;
        let store = Self {
            address: address.clone(),
            place,
            runtime: Some(runtime),
            connection: RefCell::default(),
            lost: RefCell::default(),
            migrated_from: None,
            begun: Cell::new(0),
        };
        let access = Access::of(address, &store.place)?;
        let first = Connection::open(store.runtime(), &access, &store.place).map_err(|refused| refused.error)?;
        *store.connection.borrow_mut() = Some(Arc::new(first));
        Ok(store)
    }

    fn place(&self) -> &str {
        &self.place
    }

    #[expect(clippy::expect_used, reason = "it is taken when the store is dropped")]
    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("a runtime")
    }

    /// The connection; a new one where the old one is lost.
    fn connection(&self, until: Instant) -> Result<Arc<Connection>, StoreError> {
        if let Some(connection) = &*self.connection.borrow() {
            return Ok(Arc::clone(connection));
        }
        // The password may be another one since.
        let (access, mut pause) = (Access::of(&self.address, &self.place)?, PAUSE);
        loop {
            match self.connect(&access) {
                Ok(connection) => return Ok(connection),
                Err(refused) if !refused.may_pass || Instant::now() >= until => return Err(refused.error),
                Err(_) => thread::sleep(pause),
            }
            pause = LONGEST_PAUSE.min(2 * pause);
        }
    }

    /// Connects, and has the session end whose connection was lost: what it had under way is decided from then on.
    fn connect(&self, access: &Access) -> Result<Arc<Connection>, Refused> {
        let connection = Connection::open(self.runtime(), access, &self.place)?;
        let lost = self.lost.borrow().clone();
        if let Some(lost) = lost {
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1::int8 AND backend_start::text = $2";
            let ended = limited(self.runtime(), connection.client.query(end, &[&lost.pid, &lost.started]));
            let passing = |error| Refused { error, may_pass: true };
            match ended {
                Ok(sessions) if sessions.is_empty() => *self.lost.borrow_mut() = None,
                Ok(_) => {
                    let why = "the session of the lost connection has not ended yet";
                    return Err(passing(StoreError::unwritable(&self.place, why)));
                }
                Err(fault) => return Err(passing(fault.error(&self.place))),
            }
        }
        let connection = Arc::new(connection);
        *self.connection.borrow_mut() = Some(Arc::clone(&connection));
        Ok(connection)
    }

    /// Forgets a connection that is lost.
    fn lose(&self) {
        if let Some(connection) = self.connection.borrow_mut().take() {
            *self.lost.borrow_mut() = Some(connection.backend.clone());
        }
    }

    /// Runs one transaction, again where the database says that it came to nothing.
    fn transact<T>(
        &self,
        begin: &str,
        mut run: impl FnMut(&dyn Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.attempt(begin, &mut run, until) {
                Ok(done) => return Ok(done),
                Err(refused) if !refused.may_pass || Instant::now() >= until => return Err(refused.error),
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }

    /// Runs one transaction once.
    fn attempt<T>(
        &self,
        begin: &str,
        run: &mut impl FnMut(&dyn Session) -> Result<T, StoreError>,
        until: Instant,
    ) -> Result<T, Refused> {
        let finally = |error| Refused { error, may_pass: false };
        let connection = self.connection(until).map_err(finally)?;
        let ask = |sql: &str| limited(self.runtime(), connection.client.simple_query(sql));
        self.begun.set(self.begun.get() + 1);
        let (writer, number) = (&connection.writer, self.begun.get());
        let sign = format!(
            "INSERT INTO writers VALUES ('{writer}', {number}, {NOW})
             ON CONFLICT (writer) DO UPDATE SET number = excluded.number, at = excluded.at"
        );
        ask(&format!("{begin}; {LIMITED}; {sign}")).map_err(|fault| self.refused(fault))?;
        let session = PostgresSession::in_transaction(self, Arc::clone(&connection));
        let done = run(&session).and_then(|done| session.trouble().map_or(Ok(done), Err));
        match done {
            Ok(done) => match ask("COMMIT") {
                Ok(_) => {
                    if number == 1 {
                        // What cannot be forgotten now is left to whoever writes next.
                        let _ = ask(FORGET);
                    }
                    Ok(done)
                }
                Err(Fault::Lost(why)) => {
                    self.lose();
                    match self.is_committed(writer, number, &why, until).map_err(finally)? {
                        true => Ok(done),
                        false => Err(Refused { error: StoreError::unwritable(&self.place, why), may_pass: true }),
                    }
                }
                Err(fault) => Err(self.refused(fault)),
            },
            Err(error) => {
                // Where that does not succeed, the connection is no good.
                if ask("ROLLBACK").is_err() {
                    self.lose();
                }
                Err(Refused { error, may_pass: session.may_pass() })
            }
        }
    }

    /// What became of a connection's last transaction, whose end was not heard of. Its session has ended: [`Self::connect`].
    fn is_committed(&self, writer: &str, number: u64, why: &str, until: Instant) -> Result<bool, StoreError> {
        let unknown = |cause: &dyn std::fmt::Display| {
            let why = format!("{why} while an order or message was being stored; whether it was is not known: {cause}");
            StoreError::unwritable(&self.place, why)
        };
        loop {
            let connection = self.connection(until).map_err(|error| unknown(&error))?;
            let question = format!("SELECT 1 FROM writers WHERE writer = '{writer}' AND number = {number}");
            match limited(self.runtime(), connection.client.query_opt(&question, &[])) {
                Ok(found) => return Ok(found.is_some()),
                Err(Fault::Lost(_)) if Instant::now() < until => self.lose(),
                Err(fault) => return Err(unknown(&fault.error(&self.place))),
            }
        }
    }

    /// What a transaction that did not begin or end comes to.
    fn refused(&self, fault: Fault) -> Refused {
        if matches!(fault, Fault::Lost(_)) {
            self.lose();
        }
        Refused { may_pass: fault.may_pass(), error: fault.error(&self.place) }
    }
}

impl Engine for Postgres {
    fn write<T>(&mut self, run: impl FnMut(&dyn Session) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.transact(ALONE, run)
    }

    fn write_in_turn<T>(
        &mut self,
        key: &str,
        run: impl FnMut(&dyn Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // Whose turn it is sees what was committed before it: not what there was when it began to wait.
        let lock = schema::lock_key(&format!("turn of {key}"));
        let begin = format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit = off; \
            SET LOCAL lock_timeout = '10s'; SELECT pg_advisory_xact_lock({lock} # hashtextextended(current_schema(), 0))"
        );
        self.transact(&begin, run)
    }

    fn read<T>(&self, run: impl FnOnce(&dyn Session) -> Result<T, StoreError>) -> Result<T, StoreError> {
        run(&PostgresSession::reading(self))
    }

    fn migrated_from(&self) -> Option<i64> {
        self.migrated_from
    }

    fn was_told(&self, account: &str) -> Option<bool> {
        self.connection(Instant::now()).ok()?.was_told(self.runtime(), account)
    }
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        if let Some(connection) = self.connection.take().and_then(Arc::into_inner) {
            connection.close(&runtime);
        }
        // A look-up of a name that does not end keeps nobody waiting.
        runtime.shutdown_background();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use certgate_testing::{Cluster, Role};

    use crate::{StoreAddress, tables::questions};

    #[test]
    fn no_question_reads_whole_tables() {
        let Some(cluster) = Cluster::shared() else { return };
        let role = cluster.role();
        let address = StoreAddress::parse(role.url()).unwrap();
        drop(address.with_password_command(std::sync::Arc::new(|| Ok(Role::PASSWORD.to_owned()))).open().unwrap());
        for (question, keys, _) in questions() {
            let (question, keys) = (question.replace('?', "$"), vec!["'1'"; keys].join(", "));
            // A table without rows would be read whole, wherever there is an index.
            let plan = format!("SET enable_seqscan = off; PREPARE q AS {question}; EXPLAIN EXECUTE q({keys})");
            let plan = cluster.execute_as(&role, &plan);
            assert!(plan.contains("Index") && !plan.contains("Seq Scan"), "{question}: {plan}");
        }
    }
}
