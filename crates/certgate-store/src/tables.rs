//! The tables, in statements that every database understands, but for one thing: the order of rows is SQLite's `rowid`.

pub(crate) mod departures;
pub(crate) mod leases;
pub(crate) mod messages;
pub(crate) mod orders;
pub(crate) mod queue_readers;
pub(crate) mod runs;
