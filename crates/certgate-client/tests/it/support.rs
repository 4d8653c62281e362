//! What several tests use.

pub(crate) mod openapi;
#[allow(unreachable_pub, reason = "certgate-fuzz-targets exports it")]
#[path = "../../../certgate-fuzz-targets/src/silent_change.rs"]
pub(crate) mod silent_change;
