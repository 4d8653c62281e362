//! When commands ran last, and how many tasks they sent.

/// The last runs of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    /// The command, such as `renew-due`.
    pub command: String,
    /// When it ended last, in milliseconds since 1970.
    pub ended: i64,
    /// Its exit code then.
    pub exit_code: u8,
    /// When it last ended well, in milliseconds since 1970.
    pub succeeded: Option<i64>,
}

/// So many tasks were sent, and came to that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestCount {
    /// The task's name, such as `certificate-info`.
    pub task: String,
    /// `xml` or `json`.
    pub transport: String,
    /// What they came to: `accepted`, `refused`, `unreachable`, …
    pub outcome: String,
    /// How many.
    pub count: u64,
}

/// The orders of an account that are in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderCount {
    /// The state.
    pub state: crate::State,
    /// How many.
    pub count: u64,
    /// When the oldest of them was placed, in milliseconds since 1970.
    pub oldest: i64,
}
