//! The integration tests of certgate-tape, in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test"
)]

#[allow(dead_code, reason = "the client's tests use the rest")]
// It reads what is left out of the OpenAPI with toml.
#[path = "../../../certgate-client/tests/it/support/openapi.rs"]
mod openapi;
mod tape;
