//! `cargo xtask bench store`: what an order costs in SQLite and in PostgreSQL, side by side on this machine.

use crate::{Failure, ci};

/// PostgreSQL is compiled in for this bench alone, and optimised as it is released.
pub(super) fn run() -> Result<(), Failure> {
    let run = ["run", "--quiet", "--release", "--package", "xtask", "--features", "postgres"];
    ci::cargo(&[run.as_slice(), &["--", "bench", "databases"]].concat(), &[])
}
