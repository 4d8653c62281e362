//! The integration tests of certgate-store, in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test"
)]

mod claims;
mod copy;
mod file;
mod places;
mod queue_readers;
mod rate_limiter;
mod runs;
#[cfg(all(feature = "postgres", unix))]
mod schema;
mod subjects;
mod suite;
