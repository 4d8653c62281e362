//! What the tests of several crates start beside themselves.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "for tests, which end where something is wrong"
)]

#[cfg(unix)]
mod pool;
#[cfg(unix)]
mod postgres;

#[cfg(unix)]
pub use {
    pool::Pool,
    postgres::{Cluster, Role},
};
