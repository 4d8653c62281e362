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

/// Starts a server that chooses no port by itself, at one of loopback that was free a moment before: at the next one where `start` gives
/// nothing, since somebody else was quicker.
pub fn at_free_port<T>(mut start: impl FnMut(u16) -> Option<T>) -> T {
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    (0..10).find_map(|_| start(free())).expect("it starts at none of ten ports")
}
