//! The seam between tasks and payloads.
//!
//! A [`Codec`] turns tasks and answers into the bytes of one protocol and back, on the client's side and on the gateway's.
//! The trait is object-safe, so a program chooses the protocol at run time.

mod codec;
mod finding;
mod header_text;
mod limits;
mod message;
mod position;
mod refusal;
mod salvage;
mod secret_name;
mod visible;
mod windows_1252;

pub use codec::{Answer, BodyKind, Codec, Decoded, Encoded, Loss, TaskPart};
pub use finding::{Finding, FindingKind, Findings};
pub use header_text::{header_bytes, header_text};
pub use limits::Limits;
pub use message::{Body, Header, HeaderValue, Method, Reply, Request};
pub use position::Position;
pub use refusal::{DecodeError, excerpt};
pub use salvage::whole_number;
pub use secret_name::is_secret_name;
pub use visible::{is_hidden, one_line, visible};
pub use windows_1252::windows_1252;
