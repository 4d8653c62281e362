//! The tables, in statements that every database understands. The order of rows is SQLite's `rowid`, which PostgreSQL has as a column.

pub(crate) mod claims;
pub(crate) mod departures;
pub(crate) mod leases;
pub(crate) mod messages;
pub(crate) mod orders;
pub(crate) mod queue_readers;
pub(crate) mod runs;
