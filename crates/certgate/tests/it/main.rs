//! The integration tests of certgate, in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test"
)]

mod draining;
mod examples;
mod fetch;
mod held;
mod overtaken;
mod payload;
mod placed;
mod recovery;
mod renewal;
mod running_jobs;
mod same_key;
mod shared_pace;
mod short_pages;
mod standing;
mod term;
mod turned;
mod year;
mod zones;
