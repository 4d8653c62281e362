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
/// why it did not, since somebody else may have been quicker.
pub fn at_free_port<T>(mut start: impl FnMut(u16) -> Result<T, String>) -> T {
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut failed = String::new();
    for _ in 0..10 {
        match start(free()) {
            Ok(started) => return started,
            Err(why) => failed = why,
        }
    }
    panic!("it starts at none of ten ports: {failed}")
}
