//! What several tests use.

pub(crate) mod binary;
#[cfg(unix)]
#[allow(dead_code, reason = "the tests of certgate-dns use the rest")]
#[path = "../../../certgate-dns/tests/it/support/server.rs"]
pub(crate) mod dns;
#[cfg(unix)]
pub(crate) mod legacy;
pub(crate) mod schema;
#[cfg(unix)]
pub(crate) mod serving;
#[cfg(unix)]
#[allow(dead_code, reason = "the tests of certgate-simulator use the rest")]
#[path = "../../../certgate-simulator/tests/it/support/tasks.rs"]
pub(crate) mod tasks;
#[cfg(unix)]
pub(crate) mod tls_server;
