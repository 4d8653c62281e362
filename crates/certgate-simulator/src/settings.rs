//! What a gateway is to be like.

use std::time::Duration;

use certgate_domain::{Credentials, Secret};

use crate::Fault;

/// What a gateway is to be like.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The account that may ask.
    pub account: Credentials,
    /// The account's subusers, in whose name it may ask.
    pub subusers: Vec<String>,
    /// Whether job info over XML says of a job that is over that it is gone (`EF300101`), as the one public client with these tasks
    /// expects; else it says how the job ended, as over JSON. Which of them the vendor's gateway does is not known.
    pub finished_jobs_are_gone: bool,
    /// Requests a second before it answers 429 (default: no limit).
    pub pace: Option<u32>,
    /// How long a job takes.
    pub job_time: Duration,
    /// Misbehaviour, each once, in this order.
    pub faults: Vec<Fault>,
    /// Messages of others at the head of the queue.
    pub foreign_first: usize,
    /// The status code of an accepted reissue: `N400101` (the documented page) or `N400102`.
    pub notify_code: &'static str,
    /// Where its random values start: the same seed gives the same tokens and serial numbers, though never the same keys.
    pub seed: Option<u64>,
    /// Whether jobs end without success.
    pub jobs_fail: bool,
    /// Whether a message stays in the queue although its confirmation is accepted.
    pub keeps_confirmed: bool,
    /// Whether jobs never end.
    pub jobs_never_end: bool,
    /// So many certificates more, for long lists.
    pub more_certificates: usize,
    /// How long a session lasts, where it is not to be as asked.
    pub session_time: Option<Duration>,
    /// How long each answer is on its way.
    pub latency: Duration,
    /// The time when it starts, in seconds since 1970; from then on its clock runs as the machine's does (default:
    /// the machine's time). The world's dates are counted from it.
    pub start: Option<i64>,
    /// How many seconds its clock is ahead; behind where negative.
    pub clock_ahead: i64,
    /// How long after it is ordered a certificate begins to be valid.
    pub valid_after: Duration,
    /// How long a certificate lasts at most, whatever its term. Where it is given, the gateway states the end of the term (`payable`)
    /// and whether a reissue is required, a reissue keeps the term, and a renewal adds one; else a certificate lasts as long as its
    /// term, and neither is stated. At least a day.
    pub max_validity: Option<Duration>,
    /// Whether it states the end of a term (`payable`), where certificates last less long than that.
    pub tells_terms: bool,
    /// Whether it states when an order began: with its lifetime that says when its term ends.
    pub tells_starts: bool,
    /// By how much later it states that an order began: what is reckoned from it is wrong then.
    pub starts_told_late: Duration,
    /// What it asks to be published in place of the record that is right: a gateway that somebody took over.
    pub record: Option<String>,
    /// The file that it asks for in place of the right one.
    pub file: Option<String>,
    /// What it says wherever it says something in words of its own.
    pub words: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            account: Credentials::new("user", Secret::new("password"), "9"),
            subusers: vec!["customer".to_owned(), "subuser".to_owned()],
            finished_jobs_are_gone: true,
            pace: None,
            job_time: Duration::ZERO,
            faults: Vec::new(),
            foreign_first: 0,
            notify_code: "N400101",
            seed: None,
            jobs_fail: false,
            keeps_confirmed: false,
            jobs_never_end: false,
            more_certificates: 0,
            session_time: None,
            latency: Duration::ZERO,
            start: None,
            clock_ahead: 0,
            valid_after: Duration::ZERO,
            max_validity: None,
            tells_terms: true,
            tells_starts: true,
            starts_told_late: Duration::ZERO,
            record: None,
            file: None,
            words: None,
        }
    }
}
