//! What to do next: workflows, retries and pace as pure decisions.
//!
//! Nothing here reads a clock, opens a socket or sleeps. `now` is passed in as the time since the run began; a decision to
//! wait says until when. The client drives.

mod batch;
mod delete;
mod order;
mod queue;
mod rate_limiter;
mod request_error;
mod retry;
mod step;
mod wait;

pub use batch::{Action, Actor, Batch};
pub use delete::Delete;
pub use order::{Order, Purpose, RequestedOrder};
pub use rate_limiter::RateLimiter;
pub use request_error::{Field, RequestError};
pub use retry::{Decision, TransportFailure, decide};
pub use step::{Ending, Event, ForeignMessages, Pending, Step, Whose, Workflow};
pub use wait::{Awaited, Silence, Wait};
