//! The tables, in statements that every database understands.

pub(crate) mod leases;
pub(crate) mod messages;
pub(crate) mod orders;
pub(crate) mod runs;
