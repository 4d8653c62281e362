//! Statements and rows of SQLite.

use std::path::Path;

use rusqlite::{
    Connection,
    types::{FromSql, ToSqlOutput, ValueRef},
};

use crate::{
    StoreError,
    session::{Row, Session, Value},
};

/// The machine's time, which is the database's, in milliseconds since 1970.
const NOW: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

pub(super) struct SqliteSession<'c> {
    pub(super) connection: &'c Connection,
    pub(super) path: &'c Path,
}

impl Session for SqliteSession<'_> {
    fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<usize, StoreError> {
        let run = || self.connection.prepare_cached(sql)?.execute(rusqlite::params_from_iter(values));
        run().map_err(|error| StoreError::of(self.path, &error))
    }

    fn each(
        &self,
        sql: &str,
        values: &[Value<'_>],
        call: &mut dyn FnMut(&dyn Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let failed = |error| StoreError::of(self.path, &error);
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            call(&SqliteRow { row, path: self.path })?;
        }
        Ok(())
    }

    fn now(&self) -> &'static str {
        NOW
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Value::Integer(None) | Value::Text(None) => ValueRef::Null,
            Value::Integer(Some(value)) => ValueRef::Integer(value),
            Value::Text(Some(value)) => ValueRef::Text(value.as_bytes()),
            Value::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

struct SqliteRow<'r> {
    row: &'r rusqlite::Row<'r>,
    path: &'r Path,
}

impl SqliteRow<'_> {
    fn of<T: FromSql>(&self, column: usize) -> Result<Option<T>, StoreError> {
        self.row.get(column).map_err(|error| StoreError::of(self.path, &error))
    }
}

impl Row for SqliteRow<'_> {
    fn integer(&self, column: usize) -> Result<Option<i64>, StoreError> {
        self.of(column)
    }

    fn text(&self, column: usize) -> Result<Option<String>, StoreError> {
        self.of(column)
    }

    fn bytes(&self, column: usize) -> Result<Option<Vec<u8>>, StoreError> {
        self.of(column)
    }

    fn unreadable(&self, column: usize, why: &dyn std::fmt::Display) -> StoreError {
        let name = self.row.as_ref().column_name(column).unwrap_or("a column").to_owned();
        StoreError::damaged(self.path.display(), format_args!("{name}: {why}"))
    }
}
