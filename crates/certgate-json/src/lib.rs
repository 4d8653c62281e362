//! The JSON REST API: tasks to requests and back.
//!
//! Reading goes from bytes to a borrowed, flat tree and from there into the records; [`document`] writes the records as
//! JSON values, for the wire and for output; [`text`] is the printed form of a request.

mod codec;
pub mod document;
mod envelope;
mod fields;
mod header;
mod key;
mod object;
mod percent;
mod query;
mod record;
mod redact;
pub mod route;
mod salvage;
mod scan;
mod session;
mod source;
mod task;
pub mod text;
mod tree;
mod value;

pub use codec::{JsonCodec, Routes};
