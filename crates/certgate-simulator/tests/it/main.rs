//! The integration tests of certgate-simulator, in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test"
)]

mod peers;
mod refusals;
mod server;
mod state;
mod strictness;
mod support;
mod tasks;
mod term;
mod workflow;
mod world;
mod zones;
