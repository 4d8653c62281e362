//! A file's version, and how an older one gets to today's.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::session::SqliteSession;
use crate::{
    StoreError,
    migrations::{self, VERSION},
};

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
    if ours { Ok(()) } else { Err(StoreError::NoStore { place: path.display().to_string() }) }
}

/// Looks whether the orders are whole: a damaged index would hide one instead of failing.
fn examine(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let found = connection.query_row("PRAGMA quick_check('orders')", [], |row| row.get::<_, String>(0));
    match found.map_err(|error| StoreError::of(path, &error))?.as_str() {
        "ok" => Ok(()),
        why => Err(StoreError::damaged(path.display(), why.replace('\n', "; "))),
    }
}

/// The version of a file's tables; 0 where there are none.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Makes the tables, or brings those of an older version up to date: each step whole or not at all. The version that was there
/// before.
pub(super) fn bring_up_to_date(connection: &mut Connection, path: &Path) -> Result<i64, StoreError> {
    let failed = |error| StoreError::of(path, &error);
    let known = VERSION;
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;").map_err(failed)?;
    let found = version(connection).map_err(failed)?;
    if found > known {
        return Err(StoreError::Newer { place: path.display().to_string(), found, known });
    }
    if found > 0 {
        examine(connection, path)?;
    }
    if found == known {
        return Ok(found);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    // Another process may have done it meanwhile.
    let found = version(&transaction).map_err(failed)?;
    for migration in migrations::from(found) {
        transaction.execute_batch(&migration.sqlite()).map_err(failed)?;
    }
    migrations::bring_rows_up_to_date(&SqliteSession { connection: &transaction, path }, found)?;
    let marks = format!("PRAGMA user_version = {known}; PRAGMA application_id = {APPLICATION}");
    transaction.execute_batch(&marks).map_err(failed)?;
    transaction.commit().map_err(failed)?;
    Ok(found)
}
