//! The integration tests of certgate-dns, in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test"
)]

#[cfg(target_os = "linux")]
mod authoritative;
#[cfg(unix)]
mod named;
mod propagation;
mod scope;
mod support;
mod tsig_key;
mod update;
mod zone_line;
