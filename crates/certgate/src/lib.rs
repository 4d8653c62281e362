//! The front door: certificates ordered durably, watched until they are there, checked and installed.
//!
//! Everything below the command line: blocking, without arguments, without output, without a state of the process.

#![allow(clippy::disallowed_methods, reason = "this crate does the input and output, and reads the clock")]

mod account;
pub mod config;
mod drive;
pub mod estate;
mod fleet;
mod gateway;
pub mod installation;
pub mod inventory;
pub mod key;
mod ledger;
pub mod pass_phrase;
pub mod process;
mod settle;
mod shared_pace;
mod spool;
pub mod validation;

pub use certgate_client::*;
pub use certgate_tape as tape;

pub use certgate_domain::AccountId;
pub use certgate_store::{InstallOptions, ValidationStep};
pub use config::{Overrides, SecretSource, Settings};
pub use drive::{Watcher, drive, rehearse};
pub use fleet::{Foreman, drive_batch};
pub use gateway::{Gateway, GatewayBuilder};
pub use installation::Installation;
pub use key::KeySource;
pub use ledger::{Carry, Ledger};
pub use settle::{Settled, settle};
pub use shared_pace::SharedPace;
pub use spool::Spool;
pub use validation::Validator;
