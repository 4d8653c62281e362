//! Messages in their table.

use crate::{
    Lease, Message, NewMessage, Order, StoreError, StoredMessage,
    session::{Parameter, Row, Session, values},
    tables::orders,
};

const COLUMNS: &str = "number, account, id, transport, kind, job, stid, client_transaction, document, raw, received, order_id, confirmed, taken";

fn read(row: &dyn Row) -> Result<Message, StoreError> {
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

/// The same message, by the gateway's id; and one that could not be understood and has none.
pub(crate) const KNOWN: &str = "FROM messages WHERE account = ?1 AND id = ?2 AND document = ?3";
pub(crate) const UNREAD: &str = "FROM messages WHERE account = ?1 AND id IS NULL AND document = ?2 AND raw = ?3";

pub(crate) fn keep(
    session: &dyn Session,
    message: &NewMessage,
    is_about: &dyn Fn(&Order) -> bool,
    now: i64,
) -> Result<StoredMessage, StoreError> {
    let NewMessage { account, id, transport, kind, job, stid, ctid, document, raw } = message;
    let read = |row: &dyn Row| -> Result<(i64, Option<String>), StoreError> { Ok((row.get(0)?, row.get(1)?)) };
    let known = match id {
        Some(id) => {
            session.first(&format!("SELECT number, order_id {KNOWN}"), values![account, *id, document], read)?
        }
        None => session.first(&format!("SELECT number, order_id {UNREAD}"), values![account, document, raw], read)?,
    };
    if let Some((number, order)) = known {
        return Ok(StoredMessage { stable_id: stable_id(number), order, known: true });
    }
    let order = order_of(session, message)?.filter(is_about).map(|order| order.order.id);
    let number: Option<i64> = session.first(
        "INSERT INTO messages (account, id, transport, kind, job, stid, client_transaction, document, raw, received, order_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) RETURNING number",
        values![account, id, transport, kind, job, stid, ctid, document, raw, now, order],
        |row| row.get(0),
    )?;
    if order.is_some() {
        session.tell(account)?;
    }
    Ok(StoredMessage { stable_id: stable_id(number.unwrap_or_default()), order, known: false })
}

/// The order a message is about: by its job; else by the transaction ids, the client's own first.
pub(crate) fn order_of(session: &dyn Session, message: &NewMessage) -> Result<Option<Order>, StoreError> {
    let account = &message.account;
    if let Some(job) = message.job
        && let Some(order) = orders::by_job(session, account, job)?
    {
        return Ok(Some(order));
    }
    // Several orders of a run may have one transaction id of the gateway's or ours: a job that is another's decides.
    if let Some(ctid) = &message.ctid
        && let Some(order) = orders::by_id(session, ctid)?.filter(|order| order.job.is_none())
        && order.order.account == *account
    {
        return Ok(Some(order));
    }
    message.stid.as_ref().map_or(Ok(None), |stid| orders::by_stid(session, account, stid))
}

pub(crate) enum Note {
    Confirmed,
    Taken,
}

pub(crate) fn note(session: &dyn Session, note: &Note, stable_id: &str, now: i64) -> Result<(), StoreError> {
    let sql = match note {
        Note::Confirmed => "UPDATE messages SET confirmed = coalesce(confirmed, ?2) WHERE number = ?1",
        Note::Taken => "UPDATE messages SET taken = coalesce(taken, ?2) WHERE number = ?1",
    };
    session.execute(sql, values![number(stable_id), now])?;
    Ok(())
}

/// Messages about a job that came before it was known to be this order's: those of a certificate, or of nothing that has a kind.
pub(crate) fn link(session: &dyn Session, order: &str, job: i64) -> Result<(), StoreError> {
    let accounts: Vec<String> = session.all(
        "UPDATE messages SET order_id = ?1 WHERE order_id IS NULL AND job = ?2
         AND lower(kind) IN ('certificate', 'message')
         AND account = (SELECT account FROM orders WHERE id = ?1) RETURNING account",
        values![order, job],
        |row| row.get(0),
    )?;
    accounts.first().map_or(Ok(()), |account| session.tell(account))
}

pub(crate) fn of_order(session: &dyn Session, order: &str) -> Result<Vec<Message>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE order_id = ?1 ORDER BY number");
    session.all(&sql, values![order], read)
}

/// Of the orders that a process carries, by the index of what is unfinished.
pub(crate) const OF_HELD: &str = "FROM messages WHERE order_id IN
    (SELECT id FROM orders WHERE account = ?1 AND finished = 0 AND holder = ?2) ORDER BY number";

pub(crate) fn of_held(
    session: &dyn Session,
    account: &str,
    lease: &Lease,
) -> Result<Vec<(String, String)>, StoreError> {
    let sql = format!("SELECT order_id, document {OF_HELD}");
    session.all(&sql, values![account, lease.token()], |row| Ok((row.get(0)?, row.get(1)?)))
}

pub(crate) const AWAITED: &str = "FROM orders WHERE account = ?1 AND job IS NOT NULL AND updated >= ?2 AND NOT EXISTS
    (SELECT 1 FROM messages WHERE order_id = orders.id AND confirmed IS NOT NULL) LIMIT 1";

pub(crate) fn is_awaited(session: &dyn Session, account: &str, since: i64) -> Result<bool, StoreError> {
    let found = session.first(&format!("SELECT 1 {AWAITED}"), values![account, since], |_| Ok(()))?;
    Ok(found.is_some())
}

pub(crate) const WAITING: &str =
    "FROM messages WHERE account = ?1 AND order_id IS NULL AND taken IS NULL ORDER BY number LIMIT ?2";

pub(crate) fn waiting(session: &dyn Session, account: &str, limit: usize) -> Result<Vec<Message>, StoreError> {
    session.all(&format!("SELECT {COLUMNS} {WAITING}"), values![account, limit as i64], read)
}

pub(crate) fn each_foreign(session: &dyn Session, call: &mut dyn FnMut(Message)) -> Result<(), StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE order_id IS NULL ORDER BY number");
    session.each(&sql, &[], &mut |row| {
        call(read(row)?);
        Ok(())
    })
}
