//! Statements and rows of PostgreSQL.

use std::{cell::RefCell, pin::pin, sync::Arc, time::Instant};

use bytes::BytesMut;
use futures_util::TryStreamExt;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::{
    PATIENCE, Postgres,
    connection::{CHANNEL, Connection, Fault, limited},
};
use crate::{
    StoreError,
    session::{Row, Session, Value},
};

/// The database's time, in milliseconds since 1970.
pub(super) const NOW: &str = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";

/// Statements inside a transaction, or each for itself.
pub(super) struct PostgresSession<'s> {
    store: &'s Postgres,
    /// The connection of the transaction: another one would not be in it.
    transaction: Option<Arc<Connection>>,
    /// What the database refused last, and whether that may pass.
    trouble: RefCell<Option<(String, bool)>>,
}

impl<'s> PostgresSession<'s> {
    pub(super) fn in_transaction(store: &'s Postgres, connection: Arc<Connection>) -> Self {
        Self { store, transaction: Some(connection), trouble: RefCell::default() }
    }

    pub(super) fn reading(store: &'s Postgres) -> Self {
        Self { store, transaction: None, trouble: RefCell::default() }
    }

    /// Whether what went wrong may pass when the transaction is run again.
    pub(super) fn may_pass(&self) -> bool {
        self.trouble.borrow().as_ref().is_some_and(|(_, may_pass)| *may_pass)
    }

    /// What went wrong with a statement, whoever passed over it: the transaction comes to nothing then.
    pub(super) fn trouble(&self) -> Option<StoreError> {
        let trouble = self.trouble.borrow();
        trouble.as_ref().map(|(why, _)| StoreError::unwritable(self.store.place(), why))
    }

    /// Asks; over a new connection where the old one is lost and nothing hangs on it.
    fn ask<T>(&self, mut question: impl FnMut(&Connection) -> Result<T, Asked>) -> Result<T, StoreError> {
        let until = Instant::now() + PATIENCE;
        loop {
            let connection = match &self.transaction {
                Some(connection) => Arc::clone(connection),
                None => self.store.connection(until)?,
            };
            match question(&connection) {
                Ok(answer) => return Ok(answer),
                Err(Asked::Failed(error)) => return Err(error),
                Err(Asked::Fault { fault, is_begun }) => {
                    let (is_lost, may_pass) = (matches!(fault, Fault::Lost(_)), fault.may_pass());
                    if is_lost {
                        self.store.lose();
                    }
                    let error = fault.error(self.store.place());
                    *self.trouble.borrow_mut() = Some((error.to_string(), may_pass));
                    if self.transaction.is_some() || is_begun || !is_lost || Instant::now() >= until {
                        return Err(error);
                    }
                }
            }
        }
    }
}

/// Why a statement has no answer.
enum Asked {
    /// The database did not answer, or refused; `is_begun`: some of the answer was handed over already.
    Fault { fault: Fault, is_begun: bool },
    /// Whoever takes the answer failed.
    Failed(StoreError),
}

impl From<Fault> for Asked {
    fn from(fault: Fault) -> Self {
        Self::Fault { fault, is_begun: false }
    }
}

impl Session for PostgresSession<'_> {
    fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<usize, StoreError> {
        let runtime = self.store.runtime();
        let changed = self.ask(|connection| {
            let statement = connection.prepared(runtime, sql)?;
            Ok(limited(runtime, connection.client.execute_raw(&statement, parameters(values)))?)
        })?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    fn each(
        &self,
        sql: &str,
        values: &[Value<'_>],
        call: &mut dyn FnMut(&dyn Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let runtime = self.store.runtime();
        self.ask(|connection| {
            let statement = connection.prepared(runtime, sql)?;
            let mut rows = pin!(limited(runtime, connection.client.query_raw(&statement, parameters(values)))?);
            let mut is_begun = false;
            // The connection reads on only while a row is waited for, so that a long answer is never in memory as a whole.
            loop {
                let row = limited(runtime, rows.try_next()).map_err(|fault| Asked::Fault { fault, is_begun })?;
                let Some(row) = row else { return Ok(()) };
                is_begun = true;
                call(&PostgresRow { row: &row, place: self.store.place() }).map_err(Asked::Failed)?;
            }
        })
    }

    fn now(&self) -> &'static str {
        NOW
    }

    fn lift_time_limits(&self) -> Result<(), StoreError> {
        self.execute("SET LOCAL statement_timeout = 0", &[])?;
        // While one of two is copied from, the other one is looked at.
        self.execute("SET LOCAL idle_in_transaction_session_timeout = 0", &[]).map(drop)
    }

    fn tell(&self, account: &str) -> Result<(), StoreError> {
        let tell = format!("SELECT pg_notify('{CHANNEL}', current_schema() || '/' || ?1)");
        self.each(&tell, &[Value::Text(Some(account))], &mut |_| Ok(()))
    }

    fn continue_numbers(&self) -> Result<(), StoreError> {
        let next = "SELECT setval(pg_get_serial_sequence('messages', 'number'), max(number)) FROM messages";
        self.each(next, &[], &mut |_| Ok(()))
    }

    fn place(&self) -> String {
        self.store.place().to_owned()
    }
}

fn parameters<'v>(values: &'v [Value<'v>]) -> impl ExactSizeIterator<Item = &'v (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync))
}

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match *self {
            Value::Integer(None) | Value::Text(None) => Ok(IsNull::Yes),
            // Where a statement compares a parameter with a number of its own, the database takes it for a small one.
            Value::Integer(Some(value)) if *kind == Type::INT4 => i32::try_from(value)?.to_sql(kind, out),
            Value::Integer(Some(value)) if *kind == Type::INT8 => value.to_sql(kind, out),
            Value::Text(Some(value)) if *kind == Type::TEXT => value.to_sql(kind, out),
            Value::Bytes(value) if *kind == Type::BYTEA => value.to_sql(kind, out),
            other => Err(format!("a parameter is {other:?}, and the database takes it for {kind}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A number, whatever its size is in the database.
struct Integer(i64);

impl<'a> FromSql<'a> for Integer {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(if *kind == Type::INT4 { i32::from_sql(kind, raw)?.into() } else { i64::from_sql(kind, raw)? }))
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT4, Type::INT8].contains(kind)
    }
}

struct PostgresRow<'r> {
    row: &'r tokio_postgres::Row,
    place: &'r str,
}

impl<'r> PostgresRow<'r> {
    fn of<T: FromSql<'r>>(&self, column: usize) -> Result<Option<T>, StoreError> {
        self.row.try_get(column).map_err(|error| self.unreadable(column, &error))
    }
}

impl Row for PostgresRow<'_> {
    fn integer(&self, column: usize) -> Result<Option<i64>, StoreError> {
        Ok(self.of::<Integer>(column)?.map(|Integer(value)| value))
    }

    fn text(&self, column: usize) -> Result<Option<String>, StoreError> {
        self.of(column)
    }

    fn bytes(&self, column: usize) -> Result<Option<Vec<u8>>, StoreError> {
        self.of(column)
    }

    fn unreadable(&self, column: usize, why: &dyn std::fmt::Display) -> StoreError {
        let name = self.row.columns().get(column).map_or("a column", |column| column.name());
        StoreError::damaged(self.place, format_args!("{name}: {why}"))
    }
}
