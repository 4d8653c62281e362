//! Orders and where they stand.

use crate::{ResumeData, ValidationStep};

/// An order about to leave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewOrder {
    /// Its own id: the transaction id it carries.
    pub id: String,
    /// The task's name, such as `certificate-reissue`.
    pub task: String,
    /// Whose: user, context and gateway, so that the orders of several profiles do not mix.
    pub account: String,
    /// The certificate it is about; a new one has none.
    pub certificate: Option<i64>,
    /// The certificate's name.
    pub name: Option<String>,
    /// The product's code.
    pub product: Option<String>,
    /// The CSR, PEM.
    pub csr: Option<String>,
    /// What a later process needs to carry on with it.
    pub resume: ResumeData,
    /// Which batch and which line of it.
    pub batch: Option<String>,
    /// The work that its process claimed for it ([`Claim`](crate::Claim)), and must still have when the order is recorded. It is not
    /// recorded with it.
    pub claim: Option<String>,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What was ordered.
    pub order: NewOrder,
    /// Where it stands.
    pub state: State,
    /// The gateway's job; of an order of unknown outcome the one that a person named.
    pub job: Option<i64>,
    /// The gateway's transaction id of the order.
    pub stid: Option<String>,
    /// What was published to validate it and is not known to be gone, in the order in which it was.
    pub published: Vec<ValidationStep>,
    /// When its intent was committed.
    pub created: i64,
    /// When it last changed.
    pub updated: i64,
}

/// What changes with an order; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where it stands now.
    pub state: State,
    /// The gateway's job.
    pub job: Option<i64>,
    /// The gateway's transaction id.
    pub stid: Option<String>,
    /// The id of a new certificate.
    pub certificate: Option<i64>,
    /// A line for the order's history.
    pub detail: String,
}

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEvent {
    /// When.
    pub time: i64,
    /// Where the order stood from then on.
    pub state: State,
    /// What happened, for people.
    pub detail: String,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// What validates it is being published. It has not left.
    Validating,
    /// Committed, about to leave. Found in a later run it may have left: its outcome is unknown.
    Sending,
    /// It left and no answer came.
    Unknown,
    /// The gateway accepted it; the result comes later.
    Pending,
    /// The gateway finished it; its certificate is not checked and written yet, or failed a check.
    Issued,
    /// Finished.
    Done,
    /// The gateway ended it without success.
    Failed,
    /// The gateway refused it.
    Refused,
    /// It never left; or it did, no answer came, and nothing showed of it for longer than a request can be under way.
    Unsent,
    /// A person gave it up: it never arrived, or its certificate failed the checks for good.
    Abandoned,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 10] = [
        Self::Validating,
        Self::Sending,
        Self::Unknown,
        Self::Pending,
        Self::Issued,
        Self::Done,
        Self::Failed,
        Self::Refused,
        Self::Unsent,
        Self::Abandoned,
    ];

    /// Its name in the file and in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Validating => "validating",
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Pending => "pending",
            Self::Issued => "issued",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Unsent => "unsent",
            Self::Abandoned => "abandoned",
        }
    }

    /// The state of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether nothing more is to be done.
    pub fn is_finished(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Refused | Self::Unsent | Self::Abandoned)
    }

    /// Whether it may have left, and more is to be done.
    pub fn is_under_way(self) -> bool {
        !self.is_finished() && self != Self::Validating
    }

    /// Whether an order may go from this state to that one. Staying is no change and always allowed.
    ///
    /// ```
    /// use certgate_store::State;
    /// assert!(State::Sending.may_become(State::Pending));
    /// assert!(!State::Done.may_become(State::Sending), "what is finished stays so");
    /// ```
    pub fn may_become(self, next: Self) -> bool {
        let ranks = |state: Self| match state {
            Self::Validating => 0,
            Self::Sending => 1,
            Self::Unknown => 2,
            Self::Pending => 3,
            Self::Issued => 4,
            _ => 5,
        };
        match (self, next) {
            (before, after) if before == after => true,
            (before, _) if before.is_finished() => false,
            (Self::Validating, after) => matches!(after, Self::Sending | Self::Unsent | Self::Abandoned),
            // It was seen at the gateway, so it did leave and was not refused.
            (Self::Pending | Self::Issued, Self::Refused | Self::Unsent) => false,
            // Its certificate is still to come: given up, another order would be a second one.
            (Self::Pending, Self::Abandoned) => false,
            (before, after) => ranks(after) > ranks(before),
        }
    }
}
