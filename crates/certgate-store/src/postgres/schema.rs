//! The version of the tables in a schema, and how older ones get to today's.

use std::{sync::Arc, time::Instant};

use sha2::{Digest, Sha256};

use super::{
    Postgres,
    connection::{Connection, Fault, limited},
    session::PostgresSession,
};
use crate::{
    StoreError,
    migrations::{self, VERSION},
};

/// Which tables there are: ours with their version, or somebody else's under the same name.
const FOUND: &str = "SELECT count(*) FILTER (WHERE tablename = 'certgate_schema'), count(*) FILTER (WHERE tablename = 'orders') \
    FROM pg_tables WHERE schemaname = current_schema()";

/// The version of the tables; 0 where there are none.
pub(super) fn version(store: &Postgres, connection: &Connection) -> Result<i64, StoreError> {
    let ask = |sql: &str| connection.row(store.runtime(), sql).map_err(|fault| fault.error(store.place()));
    let found = ask(FOUND)?;
    match (found.number(0), found.number(1)) {
        (0, 0) => Ok(0),
        (0, _) => Err(StoreError::NoStore { place: format!("{}, schema {}", store.place(), connection.schema) }),
        _ => Ok(ask("SELECT version FROM certgate_schema")?.number(0)),
    }
}

/// Makes the tables, or brings those of an older version up to date: all of it or nothing, and one process at a time. The
/// version that was there before.
pub(super) fn bring_up_to_date(store: &Postgres) -> Result<i64, StoreError> {
    let connection = store.connection(Instant::now())?;
    let found = version(store, &connection)?;
    if found > VERSION {
        return Err(StoreError::Newer { place: store.place().to_owned(), found, known: VERSION });
    }
    if found == VERSION {
        return Ok(found);
    }
    let run = |sql: &str| {
        let done = limited(store.runtime(), connection.client.batch_execute(sql));
        done.map_err(|fault| explained(fault, store, &connection.schema))
    };
    let migrate = || {
        let lock = lock_key(&format!("migration of {}", connection.schema));
        run(&format!("BEGIN; SET LOCAL lock_timeout = '10s'; SELECT pg_advisory_xact_lock({lock})"))?;
        // Another process may have done it meanwhile.
        let found = version(store, &connection)?;
        for migration in migrations::from(found) {
            run(&migration.postgres())?;
        }
        let session = PostgresSession::in_transaction(store, Arc::clone(&connection));
        migrations::bring_rows_up_to_date(&session, found)?;
        run("CREATE TABLE IF NOT EXISTS certgate_schema (version BIGINT NOT NULL); DELETE FROM certgate_schema")?;
        run(&format!("INSERT INTO certgate_schema VALUES ({VERSION}); COMMIT"))?;
        Ok(found)
    };
    migrate().inspect_err(|_| {
        // The connection may be gone, and the transaction with it.
        let _ = limited(store.runtime(), connection.client.batch_execute("ROLLBACK"));
    })
}

/// A role that may not make tables is told what it lacks.
fn explained(fault: Fault, store: &Postgres, schema: &str) -> StoreError {
    match &fault {
        Fault::Refused(error) if error.code().is_some_and(|code| code.code() == "42501") => StoreError::unwritable(
            store.place(),
            format_args!(
                "the role may not make tables in the schema {schema}; give it one of its own: CREATE SCHEMA AUTHORIZATION the role"
            ),
        ),
        _ => fault.error(store.place()),
    }
}

/// The key of an advisory lock, which a database has one space of for all its applications.
pub(super) fn lock_key(purpose: &str) -> i64 {
    let digest = Sha256::digest(format!("certgate: {purpose}"));
    let (first, _) = digest.split_at(8);
    first.iter().fold(0, |key, byte| key << 8 | i64::from(*byte))
}
