//! The clock of the machine.

use std::time::{SystemTime, UNIX_EPOCH};

/// The time by the machine's clock, in milliseconds since 1970.
pub fn unix_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
}
