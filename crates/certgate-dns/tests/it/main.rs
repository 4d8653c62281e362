//! The integration tests of certgate-dns, in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test"
)]

#[cfg(target_os = "linux")]
mod authoritative;
mod looking;
mod support;
mod updating;
