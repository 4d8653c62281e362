//! The gateway itself: for tests, for trying out, for dry runs.
//!
//! Pure state behind the codecs' gateway side, a certificate authority of its own that issues real X.509. It speaks
//! both protocols and can be told to misbehave.

#![allow(clippy::disallowed_methods, reason = "what is asked over the network is asked now; the state reads no clock")]

mod fault;
mod gateway;
mod issue;
mod list;
mod order;
mod product;
mod sender;
mod settings;
mod state;
mod table;
mod task;
mod term;
mod world;
mod zone;

pub use certgate_domain::Protocol;
pub use certgate_server::{Handled, Server};
pub use fault::Fault;
pub use gateway::{Counts, Gateway};
pub use settings::Settings;
pub use state::StateError;
