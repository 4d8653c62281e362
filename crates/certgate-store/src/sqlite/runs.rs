//! Runs and requests in their tables.

use rusqlite::{Connection, Transaction, params};

use crate::{LastRun, OrderCount, RequestCount, State, sqlite::Fault};

pub(super) fn record(transaction: &Transaction<'_>, account: &str, run: &LastRun) -> Result<(), Fault> {
    let LastRun { command, ended, exit_code, succeeded } = run;
    transaction
        .prepare_cached(
            "INSERT INTO runs (account, command, ended, exit, succeeded) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET ended = ?3, exit = ?4, succeeded = coalesce(?5, succeeded)",
        )?
        .execute(params![account, command, ended, exit_code, succeeded])?;
    Ok(())
}

pub(super) fn add(transaction: &Transaction<'_>, account: &str, sent: &RequestCount) -> Result<(), Fault> {
    let RequestCount { task, transport, outcome, count } = sent;
    transaction
        .prepare_cached(
            "INSERT INTO requests (account, task, transport, outcome, count) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET count = count + ?5",
        )?
        .execute(params![account, task, transport, outcome, i64::try_from(*count).unwrap_or(i64::MAX)])?;
    Ok(())
}

pub(super) fn last(connection: &Connection, account: &str) -> Result<Vec<LastRun>, Fault> {
    let mut statement = connection
        .prepare_cached("SELECT command, ended, exit, succeeded FROM runs WHERE account = ?1 ORDER BY command")?;
    let rows = statement.query_map([account], |row| {
        Ok(LastRun { command: row.get(0)?, ended: row.get(1)?, exit_code: row.get(2)?, succeeded: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn requests(connection: &Connection, account: &str) -> Result<Vec<RequestCount>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT task, transport, outcome, count FROM requests WHERE account = ?1 ORDER BY task, transport, outcome",
    )?;
    let rows = statement.query_map([account], |row| {
        let count = u64::try_from(row.get::<_, i64>(3)?).unwrap_or_default();
        Ok(RequestCount { task: row.get(0)?, transport: row.get(1)?, outcome: row.get(2)?, count })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn orders(connection: &Connection, account: &str) -> Result<Vec<OrderCount>, Fault> {
    let mut statement = connection
        .prepare_cached("SELECT state, count(*), min(created) FROM orders WHERE account = ?1 GROUP BY state")?;
    let rows = statement.query_map([account], |row| {
        let name: String = row.get(0)?;
        let unknown = || rusqlite::Error::InvalidColumnType(0, name.clone(), rusqlite::types::Type::Text);
        let count = u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default();
        Ok(OrderCount { state: State::by_name(&name).ok_or_else(unknown)?, count, oldest: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
