//! The integration tests of certgate-client, in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test"
)]

mod crossing;
mod damaged;
mod fixtures;
mod openapi;
mod patience;
mod relay;
mod session;
mod support;
mod wire;
