//! Messages of the queue.

/// A message about to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewMessage {
    /// Whose queue.
    pub account: String,
    /// The gateway's id; `None` if the message could not be understood.
    pub id: Option<i64>,
    /// `xml` or `json`.
    pub transport: String,
    /// What it is about: `certificate`, `domain`, …
    pub kind: String,
    /// The job it reports on.
    pub job: Option<i64>,
    /// The transaction id of the original order.
    pub stid: Option<String>,
    /// The client's transaction id of the original order.
    pub ctid: Option<String>,
    /// What was understood: JSON.
    pub document: String,
    /// The answer's body as received.
    pub raw: Vec<u8>,
}

/// A message as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The message.
    pub message: NewMessage,
    /// An id of its own, which never changes: `msg-7`.
    pub stable_id: String,
    /// When it was received.
    pub received: i64,
    /// The order it is about.
    pub order: Option<String>,
    /// When it was confirmed.
    pub confirmed: Option<i64>,
    /// When it was handed over.
    pub taken: Option<i64>,
}

/// What came of keeping a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMessage {
    /// The stable id that the store assigned to the message, such as `msg-7`.
    pub stable_id: String,
    /// The known order it is about.
    pub order: Option<String>,
    /// Whether it was there before.
    pub known: bool,
}
