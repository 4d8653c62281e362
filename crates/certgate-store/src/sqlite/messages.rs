//! Messages in their table.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::{Message, NewMessage, StoredMessage, sqlite::Fault};

const COLUMNS: &str =
    "number, account, id, transport, kind, job, stid, ctid, document, raw, received, order_id, confirmed, taken";

fn read(row: &Row<'_>) -> Result<Message, rusqlite::Error> {
    Ok(Message {
        stable_id: stable_id(row.get(0)?),
        message: NewMessage {
            account: row.get(1)?,
            id: row.get(2)?,
            transport: row.get(3)?,
            kind: row.get(4)?,
            job: row.get(5)?,
            stid: row.get(6)?,
            ctid: row.get(7)?,
            document: row.get(8)?,
            raw: row.get(9)?,
        },
        received: row.get(10)?,
        order: row.get(11)?,
        confirmed: row.get(12)?,
        taken: row.get(13)?,
    })
}

fn stable_id(number: i64) -> String {
    format!("msg-{number}")
}

fn number(stable_id: &str) -> Option<i64> {
    stable_id.strip_prefix("msg-")?.parse().ok()
}

pub(super) fn keep(transaction: &Transaction<'_>, message: &NewMessage, now: i64) -> Result<StoredMessage, Fault> {
    let NewMessage { account, id, transport, kind, job, stid, ctid, document, raw } = message;
    let known: Option<(i64, Option<String>)> = transaction
        .prepare_cached(
            "SELECT number, order_id FROM messages WHERE account = ?1 AND id IS ?2 AND document = ?3
             AND (?2 IS NOT NULL OR raw = ?4)",
        )?
        .query_row(params![account, id, document, raw], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((number, order)) = known {
        return Ok(StoredMessage { stable_id: stable_id(number), order, known: true });
    }
    let order = order_of(transaction, message)?;
    transaction
        .prepare_cached(
            "INSERT INTO messages (account, id, transport, kind, job, stid, ctid, document, raw, received, order_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![account, id, transport, kind, job, stid, ctid, document, raw, now, order])?;
    Ok(StoredMessage { stable_id: stable_id(transaction.last_insert_rowid()), order, known: false })
}

/// The order a message is about: by its job; else by the transaction ids, the client's own first.
pub(super) fn order_of(connection: &Connection, message: &NewMessage) -> Result<Option<String>, Fault> {
    let by = |sql: &str, key: &dyn rusqlite::ToSql| -> Result<Option<String>, Fault> {
        Ok(connection.prepare_cached(sql)?.query_row(params![message.account, key], |row| row.get(0)).optional()?)
    };
    if let Some(job) = message.job
        && let Some(order) = by("SELECT id FROM orders WHERE account = ?1 AND job = ?2", &job)?
    {
        return Ok(Some(order));
    }
    // Several orders of a run may have one transaction id of the gateway's or ours: a job that is another's decides.
    if let Some(ctid) = &message.ctid
        && let Some(order) = by("SELECT id FROM orders WHERE account = ?1 AND id = ?2 AND job IS NULL", ctid)?
    {
        return Ok(Some(order));
    }
    match &message.stid {
        Some(stid) => by("SELECT id FROM orders WHERE account = ?1 AND stid = ?2 AND job IS NULL", stid),
        None => Ok(None),
    }
}

pub(super) enum Note {
    Confirmed,
    Taken,
}

pub(super) fn note(transaction: &Transaction<'_>, note: Note, stable_id: &str, now: i64) -> Result<(), Fault> {
    let sql = match note {
        Note::Confirmed => "UPDATE messages SET confirmed = coalesce(confirmed, ?2) WHERE number = ?1",
        Note::Taken => "UPDATE messages SET taken = coalesce(taken, ?2) WHERE number = ?1",
    };
    transaction.execute(sql, params![number(stable_id), now])?;
    Ok(())
}

/// Messages about a job that came before it was known to be this order's.
pub(super) fn link(transaction: &Transaction<'_>, order: &str, job: i64) -> Result<(), Fault> {
    transaction
        .prepare_cached(
            "UPDATE messages SET order_id = ?1 WHERE order_id IS NULL AND job = ?2
             AND account = (SELECT account FROM orders WHERE id = ?1)",
        )?
        .execute(params![order, job])?;
    Ok(())
}

pub(super) fn of_order(connection: &Connection, order: &str) -> Result<Vec<Message>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE order_id = ?1 ORDER BY number");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([order], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) const AWAITED: &str = "FROM orders WHERE account = ?1 AND job IS NOT NULL AND updated >= ?2 AND NOT EXISTS
    (SELECT 1 FROM messages WHERE order_id = orders.id AND confirmed IS NOT NULL) LIMIT 1";

pub(super) fn is_awaited(connection: &Connection, account: &str, since: i64) -> Result<bool, Fault> {
    let found = connection
        .prepare_cached(&format!("SELECT 1 {AWAITED}"))?
        .query_row(params![account, since], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

pub(super) const WAITING: &str =
    "FROM messages WHERE account = ?1 AND order_id IS NULL AND taken IS NULL ORDER BY number LIMIT ?2";

pub(super) fn waiting(connection: &Connection, account: &str, limit: usize) -> Result<Vec<Message>, Fault> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} {WAITING}"))?;
    let rows = statement.query_map(params![account, limit as i64], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn each_foreign(connection: &Connection, call: &mut dyn FnMut(Message)) -> Result<(), Fault> {
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE order_id IS NULL ORDER BY number");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        call(read(row)?);
    }
    Ok(())
}
