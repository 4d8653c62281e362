//! Durable orders and the messages of the account's queue.
//!
//! Before an order leaves, its intent is committed here; after the answer, its outcome. Before a message is confirmed, it is
//! stored here. [`Store`] says what is kept, [`Sqlite`] keeps it in one file, `Postgres` (with the feature `postgres`) in a schema of
//! PostgreSQL; [`StoreAddress`] opens either.
//! Times are milliseconds since 1970 and are passed in.

#![allow(clippy::disallowed_methods, reason = "this crate does the input and output")]

mod address;
mod claim;
mod copy;
mod database;
mod engine;
mod error;
mod install_options;
mod installed_folder;
mod lease;
mod message;
mod migrations;
mod order;
#[cfg(feature = "postgres")]
mod postgres;
mod queue_reader;
mod rate_limiter;
mod resume_data;
mod runs;
mod session;
mod sqlite;
mod status;
mod store;
mod tables;
mod validation_step;

pub use address::{AddressError, PasswordCommand, StoreAddress};
pub use claim::{Claim, Claims};
pub use copy::{CopiedTable, CopyError};
pub use error::{ConflictingOrder, StoreError};
pub use install_options::{DeployHook, InstallOptions, KeyStores, PassPhraseSource};
pub use installed_folder::InstalledFolder;
pub use lease::Lease;
pub use message::{Message, NewMessage, StoredMessage};
pub use order::{Change, NewOrder, Order, OrderEvent, State};
#[cfg(feature = "postgres")]
pub use postgres::{Postgres, PostgresAddress};
pub use queue_reader::{QueueReader, QueueState};
pub use rate_limiter::{Departures, Draw, Ration, SharedRateLimiter};
pub use resume_data::ResumeData;
pub use runs::{LastRun, OrderCount, RequestCount};
pub use sqlite::Sqlite;
pub use status::{StoreContents, StoreStatus};
pub use store::{Store, Which};
pub use validation_step::{PublishedRecord, ValidationStep};
