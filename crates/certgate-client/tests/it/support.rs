//! What several tests use.

pub(crate) mod leaves;
pub(crate) mod openapi;
