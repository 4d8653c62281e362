//! The front door: certificates ordered durably, watched until they are there, checked and installed.
//!
//! Everything below the command line: blocking, without arguments, without output, without a state of the process.

#![allow(clippy::disallowed_methods, reason = "this crate does the input and output, and reads the clock")]

mod account;
pub mod batch;
pub mod certificate_settings;
pub mod config;
mod error;
pub mod estate;
mod fetch;
mod gateway;
pub mod installation;
pub mod inventory;
mod journal;
pub mod key;
mod order;
pub mod pass_phrase;
pub mod process;
pub mod queue;
pub mod rerun;
mod selector;
mod shared_pace;
mod spool;
mod undecodable;
pub mod validation;

pub use certgate_client::{
    Client, Error as ExchangeError, Exchange, GatewayError, HttpSettings, HttpSettingsError, HttpTransport,
    Interceptor, Interrupt, NetworkError, Outgoing, OwnPace, Phase, Proxy, Redactor, Refusal, SendError, TaskError,
    Throttle, Timeouts, Trace, Transport, TransportError, Untraced, unix_now,
};
pub use certgate_flow::ForeignMessages;
pub use certgate_tape as tape;

pub use certgate_domain::AccountId;
pub use certgate_store::{InstallOptions, ValidationStep};
pub use certificate_settings::{CertificateSettings, SettingsError};
pub use config::{Overrides, SecretSource, Settings};
pub use error::{Advice, Advised, Error, MachineError, RefusalReason};
pub use fetch::{FetchError, Fetched, fetch};
pub use gateway::{Gateway, GatewayBuilder};
pub use installation::Installation;
pub use journal::{Intent, Journal};
pub use key::KeySource;
pub use order::{
    CLOCK_TOLERANCE, Clock, Control, Event, Issuance, Observer, Order, OrderId, OrderReport, OrderRequest, OrderState,
    Outcome, PendingReason, PreparationError, Reconciled, RecoveryOptions, Rehearsal, ResumeOptions, Resumed,
    Resumption, Run, RunItem, RunOptions, Runner, reconcile, rehearse, resume,
};
pub use selector::{BadSelector, CertificateSelector, Namesake, SelectionError};
pub use shared_pace::SharedPace;
pub use spool::Spool;
pub use undecodable::UndecodableAnswers;
pub use validation::Validator;
