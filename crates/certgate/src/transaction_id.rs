//! Transaction ids (`ctid`).

use std::hash::{BuildHasher, Hasher, RandomState};

/// A transaction id that nobody else has: `certgate-` and 16 hexadecimal digits.
pub(crate) fn new_transaction_id() -> String {
    format!("certgate-{:016x}", RandomState::new().build_hasher().finish())
}
