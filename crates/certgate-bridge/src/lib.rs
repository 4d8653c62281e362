//! A gateway over one protocol that answers by asking another gateway over the other one: `certgate-server` in front,
//! `certgate-client` behind.
//!
//! It has no account: whoever asks is passed on. It prints nothing: what is worth a line of a log is told to the function that it
//! was made with, as a typed [`Event`].

mod behind;
mod bridge;
mod event;
mod front;
mod pool;
mod trouble;

pub use self::{
    bridge::Bridge,
    event::{Event, Side},
};
