//! A gateway over one protocol that answers by asking another gateway over the other one: `certgate-server` in front,
//! `certgate-client` behind.
//!
//! It has no account: whoever asks is passed on. It prints nothing: what is worth a line of a log is told to the function that it
//! was made with, as a typed [`Event`].

mod bridge;
mod event;

pub use self::{
    bridge::Bridge,
    event::{Event, Side},
};
