//! The gateway's side of HTTP: XML at `/xml`, the JSON API at `/v1`, and somebody behind who answers: the simulator, or a
//! bridge to another gateway.

#![allow(clippy::disallowed_methods, reason = "this crate listens")]

mod body;
mod connections;
mod counts;
mod exchange;
mod handler;
mod host;
mod refusal;
mod server;
mod socket;
mod tls;
mod workers;

pub use handler::{Caller, Handled, Handler};
pub use refusal::{message, own_code, refusal, turned_away, unreadable};
pub use server::Server;
pub use tls::{Tls, TlsError};
