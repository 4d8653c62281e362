//! How a command fails: kind, text, exit code.

use std::{io::Write, process::ExitCode};

use certgate::{
    Error, Kind, Refusal,
    config::{ConfigError, Credential},
    tape::TapeError,
};
use certgate_domain::{AnyData, Response};
use certgate_store::StoreError;
use serde_json::{Map, Value, json};

use crate::ui::{
    outcome::{self, shell_word},
    streams::say,
};

/// A command that did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    text: String,
    answer: Option<Box<Response<AnyData>>>,
    /// What the error's document holds besides: the order, the job.
    details: Map<String, Value>,
    /// Whether stdout already has its one document.
    said: bool,
}

impl Failure {
    pub(crate) fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), answer: None, details: Map::new(), said: false }
    }

    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::new(Kind::Usage, text)
    }

    /// An order that a living process has.
    pub(crate) fn held(id: &str) -> Self {
        Self::new(Kind::Pending, format!("order {id} is being carried on by another process that lives"))
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

    /// What it says.
    pub(crate) fn text(&self) -> &str {
        &self.text
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
        error
    }

    /// Says it, and gives the exit code.
    pub(crate) fn report(self, json: bool) -> ExitCode {
        let error = self.error();
        let Self { kind, text, details, said, answer: _ } = self;
        say(&format!("certgate: {text}"));
        if json && !said {
            let mut document = json!({ "schema": 1, "error": error });
            if let Value::Object(document) = &mut document {
                document.extend(details);
            }
            crate::ui::document::print(&document);
        }
        ExitCode::from(kind.exit_code())
    }
}

/// The one kind that many end with, some of them well: the first of [`WORST`] that there is; unchanged where all are.
pub(crate) fn worst(kinds: impl Iterator<Item = Option<Kind>> + Clone) -> Option<Kind> {
    let worst = WORST.into_iter().find(|kind| kinds.clone().any(|there| there == Some(*kind)));
    worst.or_else(|| kinds.clone().all(|kind| kind == Some(Kind::Unchanged)).then_some(Kind::Unchanged))
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

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<TapeError> for Failure {
    fn from(error: TapeError) -> Self {
        Self::of_tape(&error)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let kind = match &error {
            ConfigError::Missing(_) | ConfigError::SecretCommand { .. } => Kind::Auth,
            _ => Kind::Usage,
        };
        let advice = match &error {
            ConfigError::Missing(Credential::User) => "--user, CERTGATE_USER or the profile's `user`",
            ConfigError::Missing(Credential::Context) => "--context, CERTGATE_CONTEXT or the profile's `context`",
            ConfigError::Missing(_) => {
                "CERTGATE_PASSWORD, --password-file, --password-stdin or the profile's password_command or password_file"
            }
            ConfigError::NoStore => "--store FILE",
            _ => return Self::new(kind, error.to_string()),
        };
        Self::new(kind, format!("{error}: use {advice}"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::of(&error)
    }
}

impl Failure {
    fn of_tape(error: &TapeError) -> Self {
        let kind = match error {
            TapeError::File { .. } | TapeError::Index { .. } => Kind::Usage,
            _ => Kind::CheckFailed,
        };
        Self::new(kind, error.to_string())
    }

    /// A refusal of the gateway.
    pub(crate) fn of_refusal(refusal: &Refusal) -> Self {
        Self::of(&Error::Refused(Box::new(refusal.clone())))
    }

    /// An error of the library.
    pub(crate) fn of(error: &Error) -> Self {
        let tape = match error {
            Error::Intercepted(inner) => inner.downcast_ref::<TapeError>(),
            _ => None,
        };
        if let Some(tape) = tape {
            return Self::of_tape(tape);
        }
        let kind = error.kind();
        let mut failure = Self::new(kind, error.to_string());
        failure.answer = error.answer().cloned().map(Box::new);
        match error {
            Error::Undecodable { body, .. } if !body.is_empty() => failure = failure.and(&keep(body)),
            Error::Unsent(StoreError::Unfinished(twin)) => {
                failure = failure
                    .with("order", outcome::conflicting(twin))
                    .with("resume", json!(format!("certgate resume {}", shell_word(&twin.id))));
            }
            _ => {}
        }
        if error.leaves_outcome_open() {
            failure = failure.and(AFTER_UNKNOWN);
        }
        failure
    }
}

const AFTER_UNKNOWN: &str = "To find out, look before ordering again: `certgate resume` looks for it among messages, \
certificates and jobs and sends nothing twice; `certgate orders` lists what is open.";

/// Keeps an answer that cannot be understood; says where.
pub(crate) fn keep(body: &[u8]) -> String {
    let written = tempfile::Builder::new()
        .prefix("certgate-undecodable-")
        .suffix(".txt")
        .tempfile()
        .and_then(|mut file| file.write_all(body).map(|()| file))
        .and_then(|file| file.keep().map_err(|error| error.error));
    match written {
        Ok((_, path)) => format!("its body, redacted, is in {}", path.display()),
        Err(why) => format!("its body could not be kept: {why}"),
    }
}
