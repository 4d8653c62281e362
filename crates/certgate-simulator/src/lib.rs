//! The gateway itself: for tests, for trying out, for dry runs.
//!
//! Pure state behind the codecs' gateway side, a certificate authority of its own that issues real X.509, and a server on
//! loopback that speaks both protocols and can be told to misbehave.

#![allow(clippy::disallowed_methods, reason = "the server reads the clock; the state does not")]

mod fault;
mod gateway;
mod issue;
mod list;
mod order;
mod server;
mod settings;
mod task;
mod world;

pub use fault::Fault;
pub use gateway::{Counts, Gateway, Handled, Protocol};
pub use server::Server;
pub use settings::Settings;
