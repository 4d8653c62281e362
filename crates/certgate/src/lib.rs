//! The front door: certificates ordered durably, watched until they are there, checked and installed.
//!
//! Everything below the command line: blocking, without arguments, without output, without a state of the process.
//!
//! # Features
//!
//! All are on unless `default-features = false`; each only adds.
//!
//! | feature | what a program gets |
//! | --- | --- |
//! | `json`, `xml` | a [`Gateway`] and its [`Client`] over that protocol: one exchange at a time. One of them alone is a bare client: it compiles no SQLite, DNS, key store, tape or server |
//! | `orders` | orders that outlive their process, batches, validation, installation, renewal, the queue |
//! | `tapes` | exchanges recorded, and answered from the recording |
//! | `config` | profiles of a configuration file, and advice about errors |

#![allow(clippy::disallowed_methods, reason = "this crate does the input and output, and reads the clock")]

mod account;
#[cfg(feature = "orders")]
pub mod batch;
#[cfg(feature = "orders")]
pub mod certificate_settings;
#[cfg(feature = "config")]
pub mod config;
#[cfg(feature = "orders")]
mod duration;
mod error;
#[cfg(feature = "orders")]
pub mod estate;
#[cfg(feature = "orders")]
mod fetch;
mod gateway;
#[cfg(feature = "orders")]
pub mod installation;
#[cfg(feature = "orders")]
pub mod inventory;
#[cfg(feature = "orders")]
mod journal;
#[cfg(feature = "orders")]
pub mod key;
#[cfg(feature = "orders")]
pub mod monitoring;
#[cfg(feature = "orders")]
mod order;
#[cfg(feature = "orders")]
mod order_book;
#[cfg(feature = "orders")]
pub mod pass_phrase;
pub mod process;
#[cfg(feature = "orders")]
pub mod queue;
#[cfg(feature = "orders")]
pub mod rerun;
mod selector;
#[cfg(feature = "orders")]
pub mod served;
#[cfg(feature = "orders")]
mod shared_pace;
#[cfg(feature = "orders")]
mod spool;
mod transaction_id;
#[cfg(feature = "orders")]
mod undecodable;
#[cfg(feature = "orders")]
pub mod validation;
pub mod zones;

pub use certgate_client::{
    Client, Error as ExchangeError, Exchange, GatewayError, HttpSettings, HttpSettingsError, HttpTransport,
    Interceptor, Interrupt, Meter, NetworkError, Outgoing, OwnPace, Phase, Proxy, Redactor, Refusal, SendError,
    TaskError, Throttle, Timeouts, Trace, Transport, TransportError, Untraced, unix_now,
};
#[cfg(feature = "orders")]
pub use certgate_flow::ForeignMessages;
#[cfg(feature = "tapes")]
pub use certgate_tape as tape;

pub use certgate_domain::AccountId;
#[cfg(feature = "orders")]
pub use certgate_store::{InstallOptions, ValidationStep};
#[cfg(feature = "orders")]
pub use certificate_settings::{CertificateSettings, SettingsError};
#[cfg(feature = "config")]
pub use config::{Overrides, SecretSource, Settings};
#[cfg(feature = "orders")]
pub use duration::{NotADuration, parse_duration};
#[cfg(feature = "config")]
pub use error::{Advice, Advised, RefusalReason};
pub use error::{Error, MachineError};
#[cfg(feature = "orders")]
pub use fetch::{FetchError, Fetched, fetch, newest};
pub use gateway::{Gateway, GatewayBuilder};
#[cfg(feature = "orders")]
pub use installation::Installation;
#[cfg(feature = "orders")]
pub use journal::{Intent, Journal};
#[cfg(feature = "orders")]
pub use key::KeySource;
#[cfg(feature = "orders")]
pub use order::{
    Abandonment, Adoption, CLOCK_TOLERANCE, Clock, Control, Event, Issuance, Observer, Order, OrderId, OrderReport,
    OrderRequest, OrderState, Outcome, PendingReason, Preparation, PreparationError, PreparationOptions, Reconciled,
    RecoveryOptions, Rehearsal, ResumeOptions, Resumed, Resumption, Run, RunItem, RunOptions, Runner, RunningJobs,
    reconcile, rehearse, resume,
};
#[cfg(feature = "orders")]
pub use order_book::{OrderBook, OrderDetails};
pub use selector::{BadSelector, CertificateSelector, Namesake, SelectionError};
#[cfg(feature = "orders")]
pub use shared_pace::SharedPace;
#[cfg(feature = "orders")]
pub use spool::Spool;
#[cfg(feature = "orders")]
pub use undecodable::UndecodableAnswers;
#[cfg(feature = "orders")]
pub use validation::Validator;
