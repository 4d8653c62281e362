//! Either database.

#[cfg(feature = "postgres")]
use crate::Postgres;
use crate::{Sqlite, StoreAddress, StoreError, engine::Engine, session::Session};

/// The database of an address.
pub(crate) enum Database {
    Sqlite(Sqlite),
    #[cfg(feature = "postgres")]
    Postgres(Postgres),
}

impl Database {
    /// Opens the store there; makes it where it is missing, and brings it up to date where it is old.
    pub(crate) fn open(address: &StoreAddress) -> Result<Self, StoreError> {
        Ok(match address {
            StoreAddress::File(path) => Self::Sqlite(Sqlite::open(path)?),
            #[cfg(feature = "postgres")]
            StoreAddress::Postgres(address) => Self::Postgres(Postgres::open(address)?),
        })
    }
}

impl Engine for Database {
    fn write<T>(&mut self, run: impl FnMut(&dyn Session) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.write(run),
            #[cfg(feature = "postgres")]
            Self::Postgres(postgres) => postgres.write(run),
        }
    }

    fn write_in_turn<T>(
        &mut self,
        key: &str,
        run: impl FnMut(&dyn Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.write_in_turn(key, run),
            #[cfg(feature = "postgres")]
            Self::Postgres(postgres) => postgres.write_in_turn(key, run),
        }
    }

    fn read<T>(&self, run: impl FnOnce(&dyn Session) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.read(run),
            #[cfg(feature = "postgres")]
            Self::Postgres(postgres) => postgres.read(run),
        }
    }

    fn migrated_from(&self) -> Option<i64> {
        match self {
            Self::Sqlite(sqlite) => sqlite.migrated_from(),
            #[cfg(feature = "postgres")]
            Self::Postgres(postgres) => postgres.migrated_from(),
        }
    }

    fn was_told(&self, account: &str) -> Option<bool> {
        match self {
            Self::Sqlite(sqlite) => sqlite.was_told(account),
            #[cfg(feature = "postgres")]
            Self::Postgres(postgres) => postgres.was_told(account),
        }
    }
}
