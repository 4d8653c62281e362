//! A store copied into an empty one, whatever databases the two are in.

use sha2::{Digest, Sha256};

use crate::{
    StoreAddress, StoreError, StoreStatus,
    database::Database,
    engine::Engine,
    session::{Row, Session, Value},
    tables::orders::hexadecimal,
};

/// A table that was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedTable {
    /// Its name.
    pub name: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 over its rows, in hexadecimal: the same before and after.
    pub sha256: String,
}

/// Why a store was not copied. Nothing is in the target then that was not in it before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// One of the two cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no store to copy.
    #[error("{0}: there is no store to copy")]
    Missing(String),
    /// The source is of another version, and is not changed.
    #[error("{place}: the store has version {found}, expected {}: bring it up to date first", StoreStatus::KNOWN)]
    Version {
        /// The source.
        place: String,
        /// Its version.
        found: i64,
    },
    /// Processes work on the source: what they write now would not be in the copy.
    #[error("{place}: {} in {left} s", at_work(*.processes))]
    InUse {
        /// The source.
        place: String,
        /// How many.
        processes: usize,
        /// Until the last of them is over, in seconds.
        left: u64,
    },
    /// Something is in the target.
    #[error("{0}: the store to copy to is not empty")]
    NotEmpty(String),
    /// The target has not what the source has.
    #[error("{place}: {table} was not stored as it is in the source; nothing was copied")]
    Differs {
        /// The target.
        place: String,
        /// The table.
        table: &'static str,
    },
}

fn at_work(processes: usize) -> String {
    match processes {
        1 => "a process works on it. Stop it, or wait until its lease ends,".to_owned(),
        _ => format!("{processes} processes work on it. Stop them, or wait until the last of their leases ends,"),
    }
}

/// What a column holds.
#[derive(Clone, Copy)]
enum Kind {
    Integer,
    Text,
    Bytes,
}

struct Table {
    name: &'static str,
    columns: &'static [(&'static str, Kind)],
    /// What its rows are ordered by.
    order: &'static str,
}

use Kind::{Bytes, Integer, Text};

/// Everything but leases, claims and who reads a queue: nobody works on a store that is copied.
const TABLES: &[Table] = &[
    Table {
        name: "orders",
        columns: &[
            ("id", Text),
            ("task", Text),
            ("account", Text),
            ("certificate", Integer),
            ("name", Text),
            ("product", Text),
            ("csr", Text),
            ("resume", Text),
            ("batch", Text),
            ("state", Text),
            ("finished", Integer),
            ("job", Integer),
            ("stid", Text),
            ("created", Integer),
            ("updated", Integer),
            ("holder", Text),
            ("published", Text),
            ("subject", Text),
        ],
        order: "rowid",
    },
    Table {
        name: "happenings",
        columns: &[("order_id", Text), ("time", Integer), ("state", Text), ("detail", Text)],
        order: "rowid",
    },
    Table {
        name: "messages",
        columns: &[
            ("number", Integer),
            ("account", Text),
            ("id", Integer),
            ("transport", Text),
            ("kind", Text),
            ("job", Integer),
            ("stid", Text),
            ("client_transaction", Text),
            ("document", Text),
            ("raw", Bytes),
            ("received", Integer),
            ("order_id", Text),
            ("confirmed", Integer),
            ("taken", Integer),
        ],
        order: "number",
    },
    Table {
        name: "runs",
        columns: &[
            ("account", Text),
            ("host", Text),
            ("command", Text),
            ("ended", Integer),
            ("exit", Integer),
            ("succeeded", Integer),
        ],
        order: "account, host, command",
    },
    Table {
        name: "requests",
        columns: &[("account", Text), ("task", Text), ("transport", Text), ("outcome", Text), ("count", Integer)],
        order: "account, task, transport, outcome",
    },
    Table {
        name: "folders",
        columns: &[("host", Text), ("folder", Text), ("certificate", Integer), ("name", Text)],
        order: "host, folder",
    },
];

impl StoreAddress {
    /// Copies the store there into the one at another address, which is empty or not there yet: all of it in one transaction,
    /// counted and compared before it counts. The source stays as it is.
    ///
    /// # Errors
    /// See [`CopyError`].
    pub fn copy_to(&self, target: &Self) -> Result<Vec<CopiedTable>, CopyError> {
        if self == target {
            return Err(CopyError::NotEmpty(target.to_string()));
        }
        let status = self.status()?;
        match status.version {
            0 => return Err(CopyError::Missing(self.to_string())),
            StoreStatus::KNOWN => {}
            found => return Err(CopyError::Version { place: self.to_string(), found }),
        }
        let leases = status.contents.map(|contents| contents.leases).unwrap_or_default();
        if let Some(last) = leases.last() {
            let (processes, left) = (leases.len(), last.as_secs() + 1);
            return Err(CopyError::InUse { place: self.to_string(), processes, left });
        }
        let (mut from, mut to) = (Database::open(self)?, Database::open(target)?);
        // Inside a transaction of the source too: what others begin meanwhile waits, or is not in the copy. That nothing was
        // changed in the source need not be committed: what was copied is, whatever becomes of it.
        let mut copied = None;
        let read = from.write(|source| {
            if !matches!(copied, Some(Ok(_))) {
                copied = Some(to.write_or(|session| copy(source, session, &target.to_string())));
            }
            Ok(())
        });
        copied.unwrap_or_else(|| Err(read.map_or_else(CopyError::Store, |()| CopyError::Missing(self.to_string()))))
    }
}

impl Database {
    /// [`Engine::write`] with an error of its own.
    fn write_or<T>(&mut self, mut run: impl FnMut(&dyn Session) -> Result<T, CopyError>) -> Result<T, CopyError> {
        let mut refused = None;
        let done = self.write(|session| match run(session) {
            Ok(done) => Ok(done),
            Err(CopyError::Store(error)) => Err(error),
            Err(error) => {
                let why = error.to_string();
                refused = Some(error);
                Err(StoreError::unwritable(session.place(), why))
            }
        });
        match (done, refused) {
            (Err(_), Some(error)) => Err(error),
            (done, _) => Ok(done?),
        }
    }
}

fn copy(source: &dyn Session, target: &dyn Session, place: &str) -> Result<Vec<CopiedTable>, CopyError> {
    let is_empty = |table: &Table| -> Result<bool, StoreError> {
        Ok(target.first(&format!("SELECT 1 FROM {} LIMIT 1", table.name), &[], |_| Ok(()))?.is_none())
    };
    source.lift_time_limits()?;
    target.lift_time_limits()?;
    for table in TABLES {
        if !is_empty(table)? {
            return Err(CopyError::NotEmpty(place.to_owned()));
        }
    }
    let mut copied = Vec::new();
    for table in TABLES {
        let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
        let numbers: Vec<String> = (1..=names.len()).map(|number| format!("?{number}")).collect();
        let insert = format!("INSERT INTO {} ({}) VALUES ({})", table.name, names.join(", "), numbers.join(", "));
        let before = rows(source, table, &mut |row| {
            let values: Vec<Value<'_>> = row.iter().map(Cell::value).collect();
            target.execute(&insert, &values).map(drop)
        })?;
        let after = rows(target, table, &mut |_| Ok(()))?;
        if before != after {
            return Err(CopyError::Differs { place: place.to_owned(), table: table.name });
        }
        copied.push(before);
    }
    target.continue_numbers()?;
    Ok(copied)
}

/// What one column of a row holds.
enum Cell {
    Integer(Option<i64>),
    Text(Option<String>),
    Bytes(Vec<u8>),
}

impl Cell {
    fn of(row: &dyn Row, column: usize, kind: Kind) -> Result<Self, StoreError> {
        Ok(match kind {
            Integer => Self::Integer(row.get(column)?),
            Text => Self::Text(row.get(column)?),
            Bytes => Self::Bytes(row.get(column)?),
        })
    }

    fn value(&self) -> Value<'_> {
        match self {
            Self::Integer(value) => Value::Integer(*value),
            Self::Text(value) => Value::Text(value.as_deref()),
            Self::Bytes(value) => Value::Bytes(value),
        }
    }

    /// Unlike cells hash unlike: each begins with its kind and length.
    fn hash(&self, into: &mut Sha256) {
        let bytes = match self {
            Self::Integer(None) | Self::Text(None) => return into.update([0]),
            Self::Integer(Some(value)) => &value.to_be_bytes()[..],
            Self::Text(Some(value)) => value.as_bytes(),
            Self::Bytes(value) => value,
        };
        into.update([1]);
        into.update((bytes.len() as u64).to_be_bytes());
        into.update(bytes);
    }
}

/// Calls with each row of a table; counts and hashes them.
fn rows(
    session: &dyn Session,
    table: &Table,
    call: &mut dyn FnMut(&[Cell]) -> Result<(), StoreError>,
) -> Result<CopiedTable, StoreError> {
    let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let sql = format!("SELECT {} FROM {} ORDER BY {}", names.join(", "), table.name, table.order);
    let (mut count, mut hash) = (0, Sha256::new());
    session.each(&sql, &[], &mut |row| {
        let cells = table.columns.iter().enumerate().map(|(column, (_, kind))| Cell::of(row, column, *kind));
        let cells = cells.collect::<Result<Vec<_>, _>>()?;
        count += 1;
        cells.iter().for_each(|cell| cell.hash(&mut hash));
        call(&cells)
    })?;
    Ok(CopiedTable { name: table.name, rows: count, sha256: hexadecimal(&hash.finalize()) })
}
