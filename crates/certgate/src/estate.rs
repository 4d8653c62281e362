//! The certificates of a company: when each is due, and what is done then.

pub mod term;
