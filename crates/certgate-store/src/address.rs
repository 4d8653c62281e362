//! Where a store is.

use std::{
    ffi::OsStr,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{Lease, Sqlite, Store, StoreError, StoreStatus, database::Database};
#[cfg(feature = "postgres")]
use crate::{Postgres, PostgresAddress};

/// Where a store is: in a file, or in a database of PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreAddress {
    /// A file of SQLite.
    File(PathBuf),
    /// A schema in PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(Box<PostgresAddress>),
}

/// Prints the password of a database, or says why not.
pub type PasswordCommand = Arc<dyn Fn() -> Result<String, String> + Send + Sync>;

/// Why a text is no address of a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It is an address in PostgreSQL, which this program was built without.
    #[error("the store is in PostgreSQL, and this certgate was built without the feature `postgres`")]
    NotBuilt,
    /// A password stands in it, where whoever sees the arguments of processes or the configuration sees it.
    #[error(
        "a password stands in the store's address: use PGPASSWORD, ~/.pgpass or the profile's store_password_command"
    )]
    Password,
    /// It is an address of a kind that no store has.
    #[error("the store's address begins with {0}://: expected a file's path without that, or postgres://")]
    Scheme(String),
    /// It is no address in PostgreSQL. The address is not repeated.
    #[error("the store's address: {why}")]
    Invalid {
        /// What was found, and what was expected.
        why: String,
    },
}

impl StoreAddress {
    /// An address in PostgreSQL where the text begins with `postgres://` or `postgresql://`, in letters of either case; a file's path where
    /// it begins with no scheme.
    ///
    /// # Errors
    /// It has another scheme, it is an address in PostgreSQL that cannot be used, or this program was built without that.
    pub fn parse(text: impl AsRef<OsStr>) -> Result<Self, AddressError> {
        let text = text.as_ref();
        let Some((scheme, rest)) = text.to_str().and_then(scheme) else { return Ok(Self::File(text.into())) };
        match scheme.to_ascii_lowercase().as_str() {
            "postgres" | "postgresql" => Self::postgres(&format!("postgres://{rest}")),
            _ => Err(AddressError::Scheme(scheme.to_owned())),
        }
    }

    #[cfg(feature = "postgres")]
    fn postgres(url: &str) -> Result<Self, AddressError> {
        Ok(Self::Postgres(Box::new(PostgresAddress::parse(url)?)))
    }

    #[cfg(not(feature = "postgres"))]
    fn postgres(_: &str) -> Result<Self, AddressError> {
        Err(AddressError::NotBuilt)
    }

    /// Opens the store there: makes it where it is missing, and brings it up to date where it is old.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn open(&self) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(Database::open(self)?))
    }

    /// What the store there is, looked at without changing anything: it is neither made nor brought up to date.
    ///
    /// # Errors
    /// It cannot be reached or is none of ours. A newer one is none of them.
    pub fn status(&self) -> Result<StoreStatus, StoreError> {
        match self {
            Self::File(path) => Sqlite::status(path),
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => Postgres::status(address),
        }
    }

    /// A lease of this process on orders of the store there. `token` must be unique to this lease.
    ///
    /// # Errors
    /// Its file cannot be made or locked.
    pub fn lease(&self, token: &str) -> Result<Lease, StoreError> {
        match self {
            Self::File(path) => Lease::beside(path, token),
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => address.lease(token),
        }
    }

    /// Has the password of a database printed by a command, unless `PGPASSWORD` is set. It is run for each
    /// connection: when the store is opened, and when a lost one is made anew.
    #[must_use]
    pub fn with_password_command(self, command: PasswordCommand) -> Self {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => Self::Postgres(Box::new(address.with_password_command(command))),
            file => {
                drop(command);
                file
            }
        }
    }

    /// Keeps this machine's locks for a database in that folder: the orders of a process that was killed are free at once for
    /// others beside it, without waiting for the end of its lease. A file has its locks beside it.
    #[must_use]
    pub fn with_locks_in(self, folder: &Path) -> Self {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => Self::Postgres(Box::new(address.with_locks_in(folder))),
            file => {
                let _ = folder;
                file
            }
        }
    }

    /// The file, where it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => None,
        }
    }

    /// The same with the files that it names taken relative to a folder.
    #[must_use]
    pub fn relative_to(self, folder: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(folder.join(path)),
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => Self::Postgres(Box::new(address.relative_to(folder))),
        }
    }
}

impl From<PathBuf> for StoreAddress {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl From<&Path> for StoreAddress {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<&PathBuf> for StoreAddress {
    fn from(path: &PathBuf) -> Self {
        Self::File(path.clone())
    }
}

/// What is read as the same place.
impl fmt::Display for StoreAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => address.fmt(f),
        }
    }
}

/// What stands before `://` and after it, where it is a word as schemes are (RFC 3986).
fn scheme(text: &str) -> Option<(&str, &str)> {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    text.split_once("://")
        .filter(|(word, _)| word.starts_with(|c: char| c.is_ascii_alphabetic()) && word.chars().all(is_of_word))
}
