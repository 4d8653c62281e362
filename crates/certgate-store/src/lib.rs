//! Durable orders and the messages of the account's queue.
//!
//! Before an order leaves, its intent is committed here; after the answer, its outcome. Before a message is confirmed, it is
//! stored here. [`Store`] says what is kept, [`Sqlite`] keeps it in one file; another database can stand behind the same trait.
//! Times are milliseconds since 1970 and are passed in.

#![allow(clippy::disallowed_methods, reason = "this crate does the input and output")]

mod budget;
mod error;
mod holder;
mod message;
mod order;
mod sqlite;
mod store;

pub use budget::Budget;
pub use error::{StoreError, Twin};
pub use holder::Holder;
pub use message::{Kept, Message, NewMessage};
pub use order::{Change, Happening, NewOrder, Order, State};
pub use sqlite::Sqlite;
pub use store::{Store, Which};
