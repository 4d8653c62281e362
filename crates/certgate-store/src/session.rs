//! What the tables need of a database: statements with parameters, and rows.

use crate::StoreError;

/// One connection, inside a transaction or not. A statement is the same for every database; its parameters are `?1`, `?2`, ….
pub(crate) trait Session {
    /// Runs a statement. How many rows it changed.
    fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<usize, StoreError>;

    /// Calls with each row of the answer, and stops at the first error.
    fn each(
        &self,
        sql: &str,
        values: &[Value<'_>],
        call: &mut dyn FnMut(&dyn Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;

    /// The database's time in milliseconds since 1970, as an expression of a statement.
    fn now(&self) -> &'static str;

    /// Has each statement take as long as it needs, until the transaction ends.
    fn lift_time_limits(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Tells the account's other processes that a message was stored for them, once that is durable, where the database passes
    /// such things on.
    fn tell(&self, _account: &str) -> Result<(), StoreError> {
        Ok(())
    }

    /// Has new messages numbered after those that came with numbers of their own.
    fn continue_numbers(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// The file or address of the database, for errors.
    fn place(&self) -> String;
}

impl dyn Session + '_ {
    /// The first row of the answer.
    pub(crate) fn first<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl Fn(&dyn Row) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut first = None;
        self.each(sql, values, &mut |row| {
            if first.is_none() {
                first = Some(read(row)?);
            }
            Ok(())
        })?;
        Ok(first)
    }

    /// All rows of the answer.
    pub(crate) fn all<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl Fn(&dyn Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut all = Vec::new();
        self.each(sql, values, &mut |row| {
            all.push(read(row)?);
            Ok(())
        })?;
        Ok(all)
    }
}

/// A row of an answer.
pub(crate) trait Row {
    fn integer(&self, column: usize) -> Result<Option<i64>, StoreError>;
    fn text(&self, column: usize) -> Result<Option<String>, StoreError>;
    fn bytes(&self, column: usize) -> Result<Option<Vec<u8>>, StoreError>;
    /// What a column holds is not what certgate wrote.
    fn unreadable(&self, column: usize, why: &dyn std::fmt::Display) -> StoreError;
}

impl dyn Row + '_ {
    /// What a column holds.
    pub(crate) fn get<T: Column>(&self, column: usize) -> Result<T, StoreError> {
        T::of(self, column)
    }

    fn required<T>(&self, column: usize, value: Option<T>) -> Result<T, StoreError> {
        value.ok_or_else(|| self.unreadable(column, &"it is NULL"))
    }
}

/// What a column can be read as.
pub(crate) trait Column: Sized {
    fn of(row: &dyn Row, column: usize) -> Result<Self, StoreError>;
}

impl Column for Option<i64> {
    fn of(row: &dyn Row, column: usize) -> Result<Self, StoreError> {
        row.integer(column)
    }
}

impl Column for Option<String> {
    fn of(row: &dyn Row, column: usize) -> Result<Self, StoreError> {
        row.text(column)
    }
}

impl Column for i64 {
    fn of(row: &dyn Row, column: usize) -> Result<Self, StoreError> {
        row.required(column, row.integer(column)?)
    }
}

impl Column for String {
    fn of(row: &dyn Row, column: usize) -> Result<Self, StoreError> {
        row.required(column, row.text(column)?)
    }
}

impl Column for Vec<u8> {
    fn of(row: &dyn Row, column: usize) -> Result<Self, StoreError> {
        row.required(column, row.bytes(column)?)
    }
}

/// A parameter of a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Integer(Option<i64>),
    Text(Option<&'a str>),
    Bytes(&'a [u8]),
}

/// What can be a parameter.
pub(crate) trait Parameter {
    fn value(&self) -> Value<'_>;
}

impl Parameter for i64 {
    fn value(&self) -> Value<'_> {
        Value::Integer(Some(*self))
    }
}

impl Parameter for Option<i64> {
    fn value(&self) -> Value<'_> {
        Value::Integer(*self)
    }
}

impl Parameter for bool {
    fn value(&self) -> Value<'_> {
        Value::Integer(Some(i64::from(*self)))
    }
}

impl Parameter for str {
    fn value(&self) -> Value<'_> {
        Value::Text(Some(self))
    }
}

impl Parameter for String {
    fn value(&self) -> Value<'_> {
        Value::Text(Some(self))
    }
}

impl Parameter for Option<String> {
    fn value(&self) -> Value<'_> {
        Value::Text(self.as_deref())
    }
}

impl Parameter for [u8] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

/// The parameters of a statement. [`Parameter`] has to be in scope.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($value.value()),*] };
}
pub(crate) use values;
