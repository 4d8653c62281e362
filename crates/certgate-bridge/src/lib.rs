//! A gateway over one protocol that answers by asking another gateway over the other one: `certgate-server` in front,
//! `certgate-client` behind.
//!
//! It has no account: whoever asks is passed on. It prints nothing: what is worth a line of a log is told to the function that it
//! was made with, as a typed [`Event`].

#![allow(clippy::disallowed_methods, reason = "this crate reads the clock, and writes the access log")]

mod access_log;
mod behind;
mod bridge;
mod counts;
mod event;
mod front;
mod incoming;
mod outcome;
mod pool;
mod shadow;
mod unanswered;

pub use self::{
    access_log::AccessLog,
    bridge::Bridge,
    event::{Event, Side},
    outcome::Way,
    shadow::{ShadowReport, Sides, Tally},
};
