//! What several tests use.

pub(crate) mod gateway;
pub(crate) mod tasks;
