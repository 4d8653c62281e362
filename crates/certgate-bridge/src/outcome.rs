//! What became of the tasks of a request.

use certgate_domain::{AnyData, Response, Status, StatusCode, TaskKind, Verdict};
use certgate_wire::Answer;

/// Which way a task goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Way {
    /// Over the other protocol, to the gateway behind.
    Behind,
    /// As it is, to the gateway of the front's own protocol.
    PassedThrough,
    /// Nowhere: the bridge itself answers.
    Nowhere,
}

impl Way {
    /// Its name in logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Behind => "behind",
            Self::PassedThrough => "passed-through",
            Self::Nowhere => "nowhere",
        }
    }
}

/// What became of a task.
pub(crate) struct Outcome {
    pub(crate) kind: Option<TaskKind>,
    /// The number of its answers in front.
    pub(crate) number: String,
    pub(crate) way: Way,
    pub(crate) told: Told,
    /// Whether a gateway answered.
    pub(crate) is_answered: bool,
}

/// The answer to a task.
pub(crate) enum Told {
    Typed(Box<Response<AnyData>>),
    /// As the front's own gateway said it, with the status and the transaction id that it says, where it can be read.
    AsReceived {
        text: String,
        status: Status,
        stid: Option<String>,
    },
}

impl Outcome {
    /// The code of the answer.
    pub(crate) fn code(&self) -> Option<&str> {
        self.status().code.as_ref().map(StatusCode::as_str)
    }

    fn status(&self) -> &Status {
        match &self.told {
            Told::Typed(answer) => &answer.status,
            Told::AsReceived { status, .. } => status,
        }
    }

    pub(crate) fn stid(&self) -> Option<&str> {
        match &self.told {
            Told::Typed(answer) => answer.stid.as_deref(),
            Told::AsReceived { stid, .. } => stid.as_deref(),
        }
    }

    /// The name of the task, or its number where it has none.
    pub(crate) fn task(&self) -> &str {
        match self.kind {
            Some(kind) => kind.name(),
            None => &self.number,
        }
    }

    /// In a word, for counting.
    pub(crate) fn word(&self) -> &'static str {
        if !self.is_answered {
            return "unanswered";
        }
        match self.status().verdict() {
            Some(Verdict::Done) => "done",
            Some(Verdict::Accepted) => "accepted",
            Some(Verdict::Refused) => "refused",
            None => "unreadable",
        }
    }

    pub(crate) fn answer(&self) -> Answer<'_> {
        match &self.told {
            Told::Typed(answer) => Answer::Typed(self.kind.unwrap_or(TaskKind::Hello), answer),
            Told::AsReceived { text, .. } => Answer::AsReceived(text),
        }
    }

    /// Whether doing it again may do it twice.
    pub(crate) fn is_done_once(&self) -> bool {
        self.is_answered && self.kind.is_none_or(|kind| !kind.is_safe_to_repeat())
    }
}
