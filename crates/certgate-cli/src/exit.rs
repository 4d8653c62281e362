//! How a command ends: the kind that decides the exit code, and of many the one that counts.

use std::{
    fmt,
    io::{
        self,
        ErrorKind::{FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull},
    },
};

use certgate::monitoring::Level;
use certgate::{Error, GatewayError, MachineError, NetworkError, Phase, config::ConfigError};
use certgate_domain::{AnyData, Response};
use certgate_store::{ConflictingOrder, State, StoreError};
use serde_json::{Map, Value, json};

/// The kind of an ending: the name and the exit code that scripts rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Usage,
    Refused,
    Auth,
    Unreachable,
    Pending,
    Undecodable,
    Unchanged,
    Unknown,
    CheckFailed,
    NotDeployed,
    Local,
    NotValidated,
    Internal,
    Interrupted,
}

impl Kind {
    /// The exit code.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Auth => 4,
            Self::Unreachable => 5,
            Self::Pending => 6,
            Self::Undecodable => 7,
            Self::Unchanged => 8,
            Self::Unknown => 9,
            Self::CheckFailed => 10,
            Self::NotDeployed => 11,
            Self::Local => 12,
            Self::NotValidated => 13,
            Self::Internal => 70,
            Self::Interrupted => 130,
        }
    }

    /// The name in documents.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Refused => "refused",
            Self::Auth => "auth",
            Self::Unreachable => "unreachable",
            Self::Pending => "pending",
            Self::Undecodable => "undecodable",
            Self::Unchanged => "unchanged",
            Self::Unknown => "unknown",
            Self::CheckFailed => "check failed",
            Self::NotDeployed => "not deployed",
            Self::Local => "local",
            Self::NotValidated => "not validated",
            Self::Internal => "internal",
            Self::Interrupted => "interrupted",
        }
    }

    /// The kind that an error of the library ends a command with.
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::Config(error) => Self::of_config(error),
            Error::Gateway(GatewayError::Undecodable { .. }) => Self::Undecodable,
            Error::Gateway(error) if error.blames_credentials() => Self::Auth,
            Error::Gateway(GatewayError::Refused(_)) => Self::Refused,
            Error::Gateway(_) | Error::Intercepted(_) => Self::CheckFailed,
            Error::Network(NetworkError::OutcomeUnknown { .. }) => Self::Unknown,
            Error::Network(NetworkError::Unreachable { phase: Phase::ProxyCredentials, .. }) => Self::Auth,
            Error::Network(_) => Self::Unreachable,
            Error::Validation(_) => Self::NotValidated,
            Error::Unsent(StoreError::Unfinished(other)) => Self::of_conflict(other),
            Error::Store(error) | Error::Unsent(error) => Self::of_store(error),
            Error::Machine(MachineError::Clock(_)) => Self::Local,
            Error::Interrupted => Self::Interrupted,
            error => Self::of_cause(error),
        }
    }

    /// The kind of what an error of this machine kept from being done: that a disk takes nothing more is nobody's bad usage.
    pub(crate) fn of_cause(error: &(dyn std::error::Error + 'static)) -> Self {
        let takes_nothing = |kind| matches!(kind, FileTooLarge | QuotaExceeded | ReadOnlyFilesystem | StorageFull);
        if has_cause(error, takes_nothing) { Self::Local } else { Self::Usage }
    }

    /// The same of what was to be written: that this user may not write there is no bad usage either.
    pub(crate) fn of_writing(error: &(dyn std::error::Error + 'static)) -> Self {
        if has_cause(error, |kind| kind == PermissionDenied) { Self::Local } else { Self::of_cause(error) }
    }

    /// What could not be read of the configuration; what is missing of the credentials is their fault.
    pub(crate) fn of_config(error: &ConfigError) -> Self {
        match error {
            ConfigError::Missing { .. } | ConfigError::SecretCommand { .. } => Self::Auth,
            error => Self::of_cause(error),
        }
    }

    /// What a look at an order ends with, by where it stands; `None` if it is done.
    pub(crate) fn of_state(state: State) -> Option<Self> {
        match state {
            State::Done => None,
            State::Validating | State::Pending | State::Issued => Some(Self::Pending),
            State::Failed | State::Refused => Some(Self::Refused),
            State::Unsent => Some(Self::Unreachable),
            State::Abandoned => Some(Self::Unchanged),
            _ => Some(Self::Unknown),
        }
    }

    /// Another order of the same is in the way: that one is waited for, or looked for.
    fn of_conflict(other: &ConflictingOrder) -> Self {
        if other.is_held { Self::Pending } else { Self::of_state(other.order.state).unwrap_or(Self::Unknown) }
    }

    fn of_store(error: &StoreError) -> Self {
        match error {
            StoreError::LeaseLost(_) => Self::Pending,
            StoreError::Full { .. } | StoreError::Unwritable { .. } | StoreError::Locked { .. } => Self::Local,
            _ => Self::Usage,
        }
    }
}

/// Whether an error, or what caused it, is of such a kind.
fn has_cause(error: &(dyn std::error::Error + 'static), is_it: impl Fn(io::ErrorKind) -> bool) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    causes.any(|error| error.downcast_ref().map(io::Error::kind).is_some_and(&is_it))
}

/// How a command ended that did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exit {
    kind: Option<Kind>,
    /// Why there was nothing to do.
    note: Option<String>,
    /// The level of a check, which has exit codes of its own.
    level: Option<Level>,
}

impl Exit {
    /// What was to be done is done.
    pub(crate) const DONE: Self = Self { kind: None, note: None, level: None };

    /// A check by the monitoring plugins' rule.
    pub(crate) fn level(level: Level) -> Self {
        Self { level: Some(level), ..Self::DONE }
    }

    /// The exit code. `unchanged` is that of nothing to do.
    pub(crate) fn code(&self, unchanged: u8) -> u8 {
        match (self.level, self.kind) {
            (Some(level), _) => level.code(),
            (None, Some(Kind::Unchanged)) => unchanged,
            (None, kind) => kind.map_or(0, Kind::exit_code),
        }
    }

    /// There was nothing to do, for this reason.
    pub(crate) fn unchanged(why: impl Into<String>) -> Self {
        Self { kind: Some(Kind::Unchanged), note: Some(why.into()), level: None }
    }

    pub(crate) fn kind(&self) -> Option<Kind> {
        self.kind
    }

    /// What is said of it where there was nothing to do.
    pub(crate) fn note(&self) -> &str {
        self.note.as_deref().unwrap_or("nothing to do")
    }
}

impl From<Kind> for Exit {
    fn from(kind: Kind) -> Self {
        Self { kind: Some(kind), ..Self::DONE }
    }
}

impl From<Option<Kind>> for Exit {
    fn from(kind: Option<Kind>) -> Self {
        Self { kind, ..Self::DONE }
    }
}

/// A command that did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    text: String,
    /// What to do about it.
    advice: Option<String>,
    /// Where in the text that is said, on a line of its own; else at the end.
    advised_at: Option<usize>,
    answer: Option<Box<Response<AnyData>>>,
    /// What the error's document holds besides: the order, the job.
    details: Map<String, Value>,
    /// The body of the answer that cannot be understood, redacted: it is written into a file when this is reported.
    body: Vec<u8>,
    /// Whether stdout already has its one document.
    said: bool,
}

impl Failure {
    pub(crate) fn new(kind: Kind, text: impl Into<String>) -> Self {
        let (text, details, body) = (text.into(), Map::new(), Vec::new());
        Self { kind, text, advice: None, advised_at: None, answer: None, details, body, said: false }
    }

    /// What an error of this machine kept from being written.
    pub(crate) fn of_writing(why: &io::Error, what: impl fmt::Display) -> Self {
        Self::new(Kind::of_writing(why), format!("{what}: {why}"))
    }

    /// The same, where the error says it all.
    pub(crate) fn unwritten(error: &(impl std::error::Error + 'static)) -> Self {
        Self::new(Kind::of_writing(error), error.to_string())
    }

    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::new(Kind::Usage, text)
    }

    /// A member of its document.
    pub(crate) fn detail(&self, name: &str) -> Option<&Value> {
        self.details.get(name)
    }

    /// The same failure with more to say: what is left behind and what to do.
    pub(crate) fn and(mut self, more: &str) -> Self {
        self.text += "\n";
        self.text += more;
        self
    }

    /// The same failure, with what to do about it.
    pub(crate) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// The same, where what to do is a sentence of its own.
    pub(crate) fn advise_apart(mut self, advice: impl Into<String>) -> Self {
        self.advised_at = Some(self.text.len());
        self.advise(advice)
    }

    /// The same failure, with the gateway's answer that it is about.
    pub(crate) fn answered(mut self, answer: Option<Response<AnyData>>) -> Self {
        self.answer = answer.map(Box::new);
        self
    }

    /// The same failure, with the body of the answer that cannot be understood.
    pub(crate) fn about_body(mut self, body: &[u8]) -> Self {
        self.body = body.to_owned();
        self
    }

    /// Takes out the body that is still to be written into a file.
    pub(crate) fn take_body(&mut self) -> Option<Vec<u8>> {
        Some(std::mem::take(&mut self.body)).filter(|body| !body.is_empty())
    }

    /// Whether stdout already has its one document.
    pub(crate) fn is_said(&self) -> bool {
        self.said
    }

    /// Its whole document: the error, and what it holds besides.
    pub(crate) fn document(&self) -> Value {
        let mut document = json!({ "schema": 1, "error": self.error() });
        if let Value::Object(document) = &mut document {
            document.extend(self.details.clone());
        }
        document
    }

    /// The same failure as another kind.
    pub(crate) fn of_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// The same failure with a member more in its document.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.details.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The same failure, where the command's own document is already printed.
    pub(crate) fn said(mut self) -> Self {
        self.said = true;
        self
    }

    /// What the error's document says of it.
    pub(crate) fn error(&self) -> Value {
        let mut error = json!({ "kind": self.kind.name() });
        if let Some(answer) = &self.answer {
            if let Some(code) = &answer.status.code {
                error["code"] = json!(code.as_str());
            }
            if let Some(stid) = &answer.stid {
                error["stid"] = json!(stid);
            }
            if let Some(ctid) = &answer.ctid {
                error["ctid"] = json!(ctid);
            }
            if !answer.messages.is_empty() {
                error["messages"] = certgate_json::document::messages(&answer.messages);
            }
        }
        error["text"] = json!(self.text);
        if let Some(advice) = &self.advice {
            error["advice"] = json!(advice);
        }
        error
    }
}

/// The one kind that several end with, some of them well: the first of [`WORST`] that there is; unchanged where all are. Every
/// command that has an exit code of several takes it from here.
pub(crate) fn worst<I: Iterator<Item = Option<Kind>> + Clone>(kinds: I) -> Option<Kind> {
    let worst = WORST.into_iter().find(|kind| kinds.clone().any(|there| there == Some(*kind)));
    worst.or_else(|| kinds.clone().all(|kind| kind == Some(Kind::Unchanged)).then_some(Kind::Unchanged))
}

/// What a command that ended with that code came to; `None` if it did all that it was to do.
pub(crate) fn ended_with(code: u8) -> Option<Kind> {
    WORST.into_iter().chain([Kind::Unchanged]).find(|kind| kind.exit_code() == code)
}

/// How a run ends that met this trouble besides: what it came to stays where that is the worse of both.
pub(crate) fn beside(ended: Result<Exit, Failure>, trouble: Failure) -> Failure {
    let kind = |ended| worst([ended, Some(trouble.kind())].into_iter()).unwrap_or(trouble.kind());
    match ended {
        // What it prints is printed.
        Ok(exit) => {
            let kind = kind(exit.kind());
            trouble.said().of_kind(kind)
        }
        Err(failure) => {
            let kind = kind(Some(failure.kind()));
            failure.and(&trouble.to_string()).of_kind(kind)
        }
    }
}

/// From the worst to the mildest.
const WORST: [Kind; 13] = [
    Kind::Internal,
    Kind::Interrupted,
    Kind::Unknown,
    Kind::Undecodable,
    Kind::Auth,
    Kind::Local,
    Kind::Unreachable,
    Kind::NotValidated,
    Kind::Refused,
    Kind::Usage,
    Kind::CheckFailed,
    Kind::NotDeployed,
    Kind::Pending,
];

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(advice) = &self.advice else { return f.write_str(&self.text) };
        let (before, after) = self.text.split_at(self.advised_at.unwrap_or(self.text.len()));
        // After several lines, one of its own.
        let is_apart = self.advised_at.is_some() || before.contains('\n') || advice.starts_with(' ');
        let between = if is_apart { "\n" } else { ": " };
        write!(f, "{before}{between}{advice}{after}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, Kind, worst};

    #[test]
    fn the_exit_code_of_several_is_the_first_that_is_promised() {
        const PROMISED: [u8; 15] = [70, 130, 9, 7, 4, 12, 5, 13, 3, 2, 10, 11, 6, 0, 8];
        let kinds: Vec<Option<Kind>> =
            super::WORST.into_iter().map(Some).chain([None, Some(Kind::Unchanged)]).collect();
        let code = |kind: Option<Kind>| kind.map_or(0, Kind::exit_code);
        assert_eq!(kinds.iter().copied().map(code).collect::<Vec<_>>(), PROMISED);
        for (at, first) in kinds.iter().enumerate() {
            for second in &kinds[at..] {
                for pair in [[*first, *second], [*second, *first]] {
                    assert_eq!(worst(pair.into_iter()), *first, "{pair:?}");
                }
            }
        }
        assert_eq!(worst(std::iter::empty()), Some(Kind::Unchanged), "nothing was to be done at all");
    }

    #[test]
    fn advice_is_a_member_of_its_own_and_the_end_of_the_line() {
        let failure = Failure::usage("no user is given").advise("use --user");
        assert_eq!(failure.to_string(), "no user is given: use --user");
        let expected = serde_json::json!({ "schema": 1, "error": { "kind": "usage", "text": "no user is given", "advice": "use --user" } });
        assert_eq!(failure.document(), expected);
        let failure = Failure::usage("lost").advise_apart("Look for it.").and("kept");
        assert_eq!(failure.to_string(), "lost\nLook for it.\nkept");
        assert_eq!(failure.error()["text"], "lost\nkept");
    }
}
