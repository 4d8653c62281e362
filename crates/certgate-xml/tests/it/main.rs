//! The integration tests of certgate-xml, in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test"
)]

mod refusals;
mod round_trip;
mod split;
mod tolerance;
