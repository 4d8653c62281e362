//! The tables, and how an older file gets to them.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::session::{NOW, SqliteSession};
use crate::{StoreError, tables::orders};

/// Each brings a file from the version of its place to the next; what is here is never changed, only added to.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE orders (
        id TEXT PRIMARY KEY,
        task TEXT NOT NULL,
        account TEXT NOT NULL,
        certificate INTEGER,
        name TEXT,
        product TEXT,
        csr TEXT,
        wanted TEXT NOT NULL,
        batch TEXT,
        state TEXT NOT NULL,
        finished INTEGER NOT NULL,
        job INTEGER,
        stid TEXT,
        created INTEGER NOT NULL,
        updated INTEGER NOT NULL,
        holder TEXT
    );
    CREATE INDEX orders_unfinished ON orders (account, created) WHERE finished = 0;
    CREATE INDEX orders_by_certificate ON orders (account, certificate) WHERE finished = 0;
    CREATE INDEX orders_by_name ON orders (account, name) WHERE finished = 0;
    CREATE INDEX orders_by_job ON orders (account, job);
    CREATE INDEX orders_by_stid ON orders (account, stid);
    CREATE INDEX orders_by_batch ON orders (batch, created);
    CREATE INDEX orders_by_age ON orders (created);
    CREATE TABLE happenings (
        order_id TEXT NOT NULL REFERENCES orders (id),
        time INTEGER NOT NULL,
        state TEXT NOT NULL,
        detail TEXT NOT NULL
    );
    CREATE INDEX happenings_by_order ON happenings (order_id);
    CREATE TABLE messages (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        account TEXT NOT NULL,
        id INTEGER,
        transport TEXT NOT NULL,
        kind TEXT NOT NULL,
        job INTEGER,
        stid TEXT,
        ctid TEXT,
        document TEXT NOT NULL,
        raw BLOB NOT NULL,
        received INTEGER NOT NULL,
        order_id TEXT REFERENCES orders (id),
        confirmed INTEGER,
        taken INTEGER
    );
    CREATE INDEX messages_by_id ON messages (account, id);
    CREATE INDEX messages_by_order ON messages (order_id);
    CREATE INDEX messages_by_job ON messages (account, job) WHERE order_id IS NULL;
    CREATE INDEX messages_waiting ON messages (account, number) WHERE order_id IS NULL AND taken IS NULL;
",
    "
    ALTER TABLE orders ADD COLUMN published TEXT;
    UPDATE orders SET published = json_extract(wanted, '$.cleanup') WHERE finished = 0;
    CREATE INDEX orders_published ON orders (account) WHERE published IS NOT NULL;
",
    // From here on it has a version of its own, which earlier ones cannot read.
    "
    ALTER TABLE orders RENAME COLUMN wanted TO resume;
    UPDATE orders SET state = iif(state = 'intended', 'sending', 'pending') WHERE state IN ('intended', 'accepted');
    UPDATE happenings SET state = iif(state = 'intended', 'sending', 'pending') WHERE state IN ('intended', 'accepted');
",
    "
    CREATE TABLE runs (
        account TEXT NOT NULL,
        command TEXT NOT NULL,
        ended INTEGER NOT NULL,
        exit INTEGER NOT NULL,
        succeeded INTEGER,
        PRIMARY KEY (account, command)
    ) WITHOUT ROWID;
    CREATE TABLE requests (
        account TEXT NOT NULL,
        task TEXT NOT NULL,
        transport TEXT NOT NULL,
        outcome TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (account, task, transport, outcome)
    ) WITHOUT ROWID;
",
    // What is unfinished for one subject is one: held here, whoever orders. `SUBJECTS` fills the column.
    "
    ALTER TABLE orders ADD COLUMN subject TEXT;
    CREATE UNIQUE INDEX orders_one_unfinished ON orders (account, subject) WHERE finished = 0;
    DROP INDEX orders_by_certificate;
    DROP INDEX orders_by_name;
",
    // Of the processes that hold orders it is known whether they run, and nothing else: they have a day.
    "
    CREATE TABLE leases (
        holder TEXT PRIMARY KEY,
        place TEXT NOT NULL,
        expires INTEGER NOT NULL
    );
    INSERT INTO leases (holder, place, expires)
        SELECT DISTINCT holder, '', CAST(unixepoch('subsec') * 1000 AS INTEGER) + 86400000 FROM orders WHERE holder IS NOT NULL;
",
    // What several processes share besides orders: who looks into a queue, and who is at a certificate that is not ordered yet.
    "
    CREATE TABLE queue_readers (
        account TEXT PRIMARY KEY,
        holder TEXT NOT NULL,
        looked INTEGER NOT NULL,
        blocked INTEGER NOT NULL
    );
    CREATE TABLE claims (
        account TEXT NOT NULL,
        work TEXT NOT NULL,
        holder TEXT,
        round INTEGER NOT NULL,
        PRIMARY KEY (account, work)
    );
",
];

/// The version from which on each unfinished order has a subject.
const SUBJECTS: i64 = 5;

/// Marks a file as ours: `cert`.
const APPLICATION: i64 = 0x6365_7274;

/// Looks whether the file is ours before anything in it is changed.
pub(super) fn recognize(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::of(path, &error);
    let number = |question: &str| connection.query_row(question, [], |row| row.get::<_, i64>(0)).map_err(failed);
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    // The first ones were not marked.
    let ours = match number("PRAGMA application_id")? {
        APPLICATION => true,
        0 => tables == 0 || number("SELECT count(*) FROM sqlite_schema WHERE name = 'happenings'")? == 1,
        _ => false,
    };
    if ours { Ok(()) } else { Err(StoreError::NoStore { path: path.to_owned() }) }
}

/// Looks whether the orders are whole: a damaged index would hide one instead of failing.
fn examine(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let found = connection.query_row("PRAGMA quick_check('orders')", [], |row| row.get::<_, String>(0));
    match found.map_err(|error| StoreError::of(path, &error))?.as_str() {
        "ok" => Ok(()),
        why => Err(StoreError::Damaged { path: path.to_owned(), why: why.replace('\n', "; ") }),
    }
}

/// Makes the tables, or brings those of an older version up to date: each step whole or not at all.
pub(super) fn bring_up_to_date(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::of(path, &error);
    let known = MIGRATIONS.len() as i64;
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;").map_err(failed)?;
    let version = |connection: &Connection| connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    let found = version(connection).map_err(failed)?;
    if found > known {
        return Err(StoreError::Newer { path: path.to_owned(), found, known });
    }
    if found > 0 {
        examine(connection, path)?;
    }
    if found == known {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    // Another process may have done it meanwhile.
    let found = version(&transaction).map_err(failed)?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or_default()) {
        transaction.execute_batch(migration).map_err(failed)?;
    }
    if found < SUBJECTS {
        orders::fill_subjects(&SqliteSession { connection: &transaction, path }, now(&transaction).map_err(failed)?)?;
    }
    let marks = format!("PRAGMA user_version = {known}; PRAGMA application_id = {APPLICATION}");
    transaction.execute_batch(&marks).map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// The database's time, in milliseconds since 1970.
fn now(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row(&format!("SELECT {NOW}"), [], |row| row.get(0))
}
