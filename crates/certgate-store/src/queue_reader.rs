//! Who looks into an account's queue.

/// The process that looks into an account's queue for all that share a store: it stores what it finds, and the others find it
/// there.
///
/// There is no hand-over. Whoever is about to look and finds that the reader has not looked for as long as it would wait itself
/// is the reader from then on, so that one that died, was stopped or lost its network keeps nobody waiting. Should two look at
/// once, nothing is lost: each stores a message before it is confirmed, and the same message is stored once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueReader {
    /// This process.
    Own,
    /// Another one, which runs.
    Another(QueueState),
}

/// How the queue was when its reader looked last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueState {
    /// It holds messages, which that one is taking off, or nothing is known of it yet.
    InHand,
    /// A message of somebody else's is first, and is left there: behind it nothing is found.
    Blocked,
    /// It was empty, or could not be read.
    Empty,
}

impl QueueState {
    /// Its number in the database.
    pub(crate) fn number(self) -> i64 {
        match self {
            Self::InHand => 0,
            Self::Blocked => 1,
            Self::Empty => 2,
        }
    }

    /// The one of that number.
    pub(crate) fn of(number: i64) -> Self {
        [Self::Blocked, Self::Empty].into_iter().find(|state| state.number() == number).unwrap_or(Self::InHand)
    }
}
