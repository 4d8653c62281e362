//! Orders in their table.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params, params_from_iter};

use crate::{
    Change, ConflictingOrder, Lease, NewOrder, Order, OrderEvent, ResumeData, State, StoreError, ValidationStep, Which,
    sqlite::Fault,
};

const COLUMNS: &str =
    "id, task, account, certificate, name, product, csr, resume, batch, state, job, stid, published, created, updated";

fn read(row: &Row<'_>) -> Result<Order, rusqlite::Error> {
    Ok(Order {
        order: NewOrder {
            id: row.get(0)?,
            task: row.get(1)?,
            account: row.get(2)?,
            certificate: row.get(3)?,
            name: row.get(4)?,
            product: row.get(5)?,
            csr: row.get(6)?,
            resume: ResumeData::from_text(&row.get::<_, String>(7)?).map_err(|why| unreadable(7, why))?,
            batch: row.get(8)?,
        },
        state: state(row, 9)?,
        job: row.get(10)?,
        stid: row.get(11)?,
        published: steps(row, 12)?,
        created: row.get(13)?,
        updated: row.get(14)?,
    })
}

fn steps(row: &Row<'_>, column: usize) -> Result<Vec<ValidationStep>, rusqlite::Error> {
    let text: Option<String> = row.get(column)?;
    text.map_or_else(|| Ok(Vec::new()), |text| ValidationStep::list(&text).map_err(|why| unreadable(column, why)))
}

fn unreadable(column: usize, why: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(why))
}

fn state(row: &Row<'_>, column: usize) -> Result<State, rusqlite::Error> {
    let name: String = row.get(column)?;
    State::by_name(&name).ok_or_else(|| rusqlite::Error::InvalidColumnType(column, name, rusqlite::types::Type::Text))
}

pub(super) fn intend(transaction: &Transaction<'_>, order: &NewOrder, holder: &Lease, now: i64) -> Result<(), Fault> {
    let (state, detail) = (State::Sending, "about to be sent");
    let validated = transaction
        .prepare_cached("UPDATE orders SET state = ?3, updated = ?4 WHERE id = ?1 AND holder = ?2 AND state = ?5")?
        .execute(params![order.id, holder.token(), state.as_str(), now, State::Validating.as_str()])?;
    if validated == 1 {
        return happened(transaction, &order.id, state, detail, now);
    }
    commit(transaction, order, state, detail, holder, now)
}

pub(super) fn begin_validation(
    transaction: &Transaction<'_>,
    order: &NewOrder,
    holder: &Lease,
    now: i64,
) -> Result<(), Fault> {
    commit(transaction, order, State::Validating, "what validates it is about to be published", holder, now)
}

pub(super) fn record_validation_steps(
    transaction: &Transaction<'_>,
    id: &str,
    steps: &[ValidationStep],
) -> Result<(), Fault> {
    let unwritable = |why: serde_json::Error| rusqlite::Error::ToSqlConversionFailure(Box::new(why));
    let published = if steps.is_empty() { None } else { Some(serde_json::to_string(steps).map_err(unwritable)?) };
    let changed = transaction
        .prepare_cached(
            "UPDATE orders SET published = ?2, holder = iif(?2 IS NULL AND finished, NULL, holder) WHERE id = ?1",
        )?
        .execute(params![id, published])?;
    if changed == 0 { Err(StoreError::NoOrder(id.to_owned()).into()) } else { Ok(()) }
}

fn commit(
    transaction: &Transaction<'_>,
    order: &NewOrder,
    state: State,
    detail: &str,
    holder: &Lease,
    now: i64,
) -> Result<(), Fault> {
    if by_id(transaction, &order.id)?.is_some() {
        return Err(StoreError::Known(order.id.clone()).into());
    }
    if let Some(twin) = twin(transaction, order, holder)? {
        return Err(StoreError::Unfinished(twin).into());
    }
    let NewOrder { id, task, account, certificate, name, product, csr, resume, batch } = order;
    transaction
        .prepare_cached(
            "INSERT INTO orders (id, task, account, certificate, name, product, csr, resume, batch, state, finished, created,
             updated, holder) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, ?11, ?12)",
        )?
        .execute(params![
            id,
            task,
            account,
            certificate,
            name,
            product,
            csr,
            resume.to_text(),
            batch,
            state.as_str(),
            now,
            holder.token()
        ])?;
    happened(transaction, id, state, detail, now)
}

/// An order of the same that is not finished: of the same certificate, or of a new one with the same name and CSR. A revocation
/// is of an earlier certificate under the same id, so that only another revocation is the same.
fn twin(transaction: &Transaction<'_>, order: &NewOrder, holder: &Lease) -> Result<Option<ConflictingOrder>, Fault> {
    let twin_of = |row: &Row<'_>| twin_of(row, holder);
    let found = match order.certificate {
        Some(certificate) => transaction
            .prepare_cached(TWIN_BY_CERTIFICATE)?
            .query_row(params![order.account, certificate, order.task], twin_of)
            .optional()?,
        None => transaction
            .prepare_cached(TWIN_BY_NAME)?
            .query_row(params![order.account, order.name, order.csr], twin_of)
            .optional()?,
    };
    Ok(found)
}

fn twin_of(row: &Row<'_>, holder: &Lease) -> Result<ConflictingOrder, rusqlite::Error> {
    let is_held = row.get::<_, Option<String>>(3)?.is_some_and(|token| holder.is_of_another(&token));
    Ok(ConflictingOrder { id: row.get(0)?, state: state(row, 1)?, job: row.get(2)?, is_held })
}

pub(super) const TWIN_BY_CERTIFICATE: &str =
    "SELECT id, state, job, holder FROM orders WHERE account = ?1 AND certificate = ?2 AND finished = 0
     AND (task = 'certificate-revoke') = (?3 = 'certificate-revoke') LIMIT 1";
pub(super) const TWIN_BY_NAME: &str = "SELECT id, state, job, holder FROM orders WHERE account = ?1 AND name = ?2 AND csr IS ?3 AND certificate IS NULL AND finished = 0 LIMIT 1";
pub(super) const UNFINISHED: &str =
    "FROM orders WHERE account = ?1 AND (finished = 0 OR published IS NOT NULL) ORDER BY rowid";
pub(super) const BATCH: &str = "FROM orders WHERE batch = ?2 AND account = ?1 ORDER BY rowid";
pub(super) const BY_JOB: &str = "FROM orders WHERE account = ?1 AND job = ?2";

pub(super) fn change(transaction: &Transaction<'_>, id: &str, change: &Change, now: i64) -> Result<(), Fault> {
    let before = transaction
        .prepare_cached("SELECT state FROM orders WHERE id = ?1")?
        .query_row([id], |row| state(row, 0))
        .optional()?;
    let Some(before) = before else { return Err(StoreError::NoOrder(id.to_owned()).into()) };
    let Change { state: after, job, stid, certificate, detail } = change;
    if !before.may_become(*after) {
        return Err(StoreError::Transition { id: id.to_owned(), before, after: *after }.into());
    }
    // A job that was named by hand is not its job where it never arrived.
    let never = before == State::Unknown && *after == State::Abandoned;
    transaction
        .prepare_cached(
            "UPDATE orders SET state = ?2, finished = ?3, job = coalesce(?4, iif(?8, NULL, job)), stid = coalesce(?5, stid),
             certificate = coalesce(?6, certificate), updated = ?7 WHERE id = ?1",
        )?
        .execute(params![id, after.as_str(), after.is_finished(), job, stid, certificate, now, never])?;
    happened(transaction, id, *after, detail, now)
}

fn happened(transaction: &Transaction<'_>, id: &str, state: State, detail: &str, now: i64) -> Result<(), Fault> {
    transaction
        .prepare_cached("INSERT INTO happenings (order_id, time, state, detail) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id, now, state.as_str(), detail])?;
    Ok(())
}

pub(super) fn acquire(transaction: &Transaction<'_>, id: &str, holder: &Lease, store: &Path) -> Result<bool, Fault> {
    let before: Option<Option<String>> = transaction
        .prepare_cached("SELECT holder FROM orders WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let Some(before) = before else { return Err(StoreError::NoOrder(id.to_owned()).into()) };
    if before.is_some_and(|before| before != holder.token() && Lease::is_alive(store, &before)) {
        return Ok(false);
    }
    transaction.execute("UPDATE orders SET holder = ?2 WHERE id = ?1", params![id, holder.token()])?;
    Ok(true)
}

pub(super) fn release(transaction: &Transaction<'_>, id: &str, holder: &Lease) -> Result<(), Fault> {
    transaction.execute(
        "UPDATE orders SET holder = NULL WHERE id = ?1 AND holder = ?2 AND published IS NULL",
        params![id, holder.token()],
    )?;
    Ok(())
}

pub(super) fn by_id(connection: &Connection, id: &str) -> Result<Option<Order>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM orders WHERE id = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([id], read).optional()?)
}

pub(super) fn by_job(connection: &Connection, account: &str, job: i64) -> Result<Option<Order>, Fault> {
    let sql = format!("SELECT {COLUMNS} {BY_JOB}");
    Ok(connection.prepare_cached(&sql)?.query_row(params![account, job], read).optional()?)
}

pub(super) fn each(connection: &Connection, which: &Which, call: &mut dyn FnMut(Order)) -> Result<(), Fault> {
    let (tail, keys) = match which {
        Which::All => ("FROM orders ORDER BY rowid", Vec::new()),
        Which::Unfinished(account) => (UNFINISHED, vec![account]),
        Which::Batch { account, batch } => (BATCH, vec![account, batch]),
    };
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} {tail}"))?;
    let mut rows = statement.query(params_from_iter(keys))?;
    while let Some(row) = rows.next()? {
        call(read(row)?);
    }
    Ok(())
}

pub(super) fn history(connection: &Connection, id: &str) -> Result<Vec<OrderEvent>, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT time, state, detail FROM happenings WHERE order_id = ?1 ORDER BY rowid")?;
    let rows = statement
        .query_map([id], |row| Ok(OrderEvent { time: row.get(0)?, state: state(row, 1)?, detail: row.get(2)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
