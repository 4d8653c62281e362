//! What to do about an error of the library, with the names of the options that do it.

mod words;

use std::{borrow::Borrow, fmt, path::Path};

use certgate::{
    Advised, Error, ExchangeError, FetchError, GatewayError, HttpSettingsError, PreparationError, Refusal,
    RefusalReason, SelectionError, SettingsError, Untraced,
    adoption::{AdoptionError, DeclarationError},
    config::ConfigError,
    estate::{DeclaredError, PlanError, TaskError},
    installation::{InstallError, RollbackError},
    inventory::InventoryError,
    key::KeySourceError,
    pass_phrase::PassPhraseError,
    tape::TapeError,
    validation::ValidationError,
    zones::ZoneError,
};
use certgate_domain::TaskKind;
use certgate_files::FileError;
use certgate_flow::{Ending, RequestError};
use certgate_store::{CopyError, StoreError};
use serde_json::json;

use self::words::words;
use super::{command_line::shell_word, outcome};
use crate::exit::{Failure, Kind};

/// The failure of an error, with what to do about it.
fn advised(kind: Kind, error: &(impl Advised + fmt::Display)) -> Failure {
    advised_at(kind, error, "")
}

/// The same at an account, with the options of a command for it.
fn advised_at(kind: Kind, error: &(impl Advised + fmt::Display), options: &str) -> Failure {
    with_advice(Failure::new(kind, error.to_string()), error, options)
}

fn with_advice(failure: Failure, error: &impl Advised, options: &str) -> Failure {
    match error.advice().and_then(|advice| words(&advice, options)) {
        Some(words) => failure.advise(words),
        None => failure,
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::new(Kind::of_cause(&error), error.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Error::Store(error).into()
    }
}

impl From<CopyError> for Failure {
    fn from(error: CopyError) -> Self {
        let text = error.to_string();
        match error {
            CopyError::Store(error) => error.into(),
            CopyError::Version { .. } => {
                Self::usage(text).advise("`certgate store migrate --store FILE|URL` does that")
            }
            CopyError::InUse { .. } => Self::new(Kind::Pending, text),
            CopyError::Differs { .. } => Self::new(Kind::CheckFailed, text),
            _ => Self::usage(text),
        }
    }
}

impl From<InstallError> for Failure {
    fn from(error: InstallError) -> Self {
        Self::from(&error)
    }
}

impl From<&InstallError> for Failure {
    fn from(error: &InstallError) -> Self {
        match error {
            InstallError::Unwritable { .. } => Self::new(Kind::of_writing(error), format!("--out {error}")),
            InstallError::PassPhrase(error) => pass_phrase(error, "--store-pass-command"),
            InstallError::Owner(error) => Self::usage(format!("--file-owner: {error}")),
            error => advised(Kind::of_cause(error), error),
        }
    }
}

impl From<KeySourceError> for Failure {
    fn from(error: KeySourceError) -> Self {
        key_source(&error, "")
    }
}

fn key_source(error: &KeySourceError, options: &str) -> Failure {
    match error {
        KeySourceError::PassPhrase(error) => pass_phrase(error, "--pass-phrase-command"),
        error => advised_at(Kind::of_cause(error), error, options),
    }
}

impl From<AdoptionError> for Failure {
    fn from(error: AdoptionError) -> Self {
        match error {
            AdoptionError::Settings(error) => error.into(),
            AdoptionError::Gateway(error) => error.into(),
            error => Self::new(Kind::of_cause(&error), error.to_string()),
        }
    }
}

impl From<DeclarationError> for Failure {
    fn from(error: DeclarationError) -> Self {
        let kind = if matches!(error, DeclarationError::Io { .. }) { Kind::Local } else { Kind::Usage };
        Self::new(kind, format!("--write {error}"))
    }
}

impl From<RollbackError> for Failure {
    fn from(error: RollbackError) -> Self {
        match error {
            RollbackError::File(error) => error.into(),
            RollbackError::Held(_) => Self::new(Kind::Pending, error.to_string()),
            RollbackError::Ended { ref set, .. } | RollbackError::Revoked { ref set, .. } => {
                let advice = format!("--list shows all; --to {set} puts it in place all the same");
                Self::usage(error.to_string()).advise(advice)
            }
            error => Self::usage(error.to_string()),
        }
    }
}

impl From<InventoryError> for Failure {
    fn from(error: InventoryError) -> Self {
        match error {
            InventoryError::Folder(error) => error.into(),
            InventoryError::Lost { ref folder, ref selector } => {
                let [which, folder] =
                    [selector.to_string(), folder.display().to_string()].map(|word| shell_word(&word));
                let reissue = format!("or fill it anew: certgate reissue {which} --new-key --out {folder}");
                Self::usage(error.to_string()).advise(reissue)
            }
            error => Self::usage(error.to_string()),
        }
    }
}

impl From<SelectionError> for Failure {
    fn from(error: SelectionError) -> Self {
        match error {
            SelectionError::Gateway(error) => error.into(),
            error => advised(Kind::Usage, &error),
        }
    }
}

impl From<ZoneError> for Failure {
    fn from(error: ZoneError) -> Self {
        match error {
            ZoneError::Gateway(error) => error.into(),
            ZoneError::None { .. } => {
                let advice = "--profile NAME asks with another account; the zones of this one: certgate zone list";
                Self::usage(error.to_string()).advise(advice)
            }
            error => Self::usage(error.to_string()),
        }
    }
}

impl From<PreparationError> for Failure {
    fn from(error: PreparationError) -> Self {
        Self::of_preparation(&error, "")
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::usage(error.said(&option))
    }
}

/// The option that gives a setting.
fn option(setting: &str) -> String {
    match setting {
        "names" => "--san".to_owned(),
        "formats" => "--pkcs12, --jks".to_owned(),
        name => format!("--{}", name.replace('_', "-")),
    }
}

impl From<DeclaredError> for Failure {
    fn from(error: DeclaredError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<TaskError> for Failure {
    fn from(error: TaskError) -> Self {
        Self::of_task(error, "")
    }
}

/// What notes which certificate of the account is in a folder.
pub(super) fn adopt(folder: &Path) -> String {
    format!("certgate adopt {}", shell_word(&folder.display().to_string()))
}

/// A request that cannot be ordered.
pub(crate) fn request(error: &RequestError) -> Failure {
    advised(Kind::Usage, error)
}

/// How an order came to its end before it was sent.
pub(crate) fn ending(task: TaskKind, ending: Ending) -> Failure {
    match ending {
        Ending::Refused(answer) => {
            let auth = answer.blames_credentials();
            Failure::of_refusal(&Refusal { task, answer, auth })
        }
        Ending::InvalidRequest(why) => request(&why),
        Ending::ProtocolViolation(task) => {
            Failure::new(Kind::Undecodable, format!("the answer to {} holds no certificate", task.name()))
        }
        other => Failure::new(Kind::Internal, format!("an ending without a meaning here: {other:?}")),
    }
}

/// What is wrong with how control is to be shown, found before anything is sent.
pub(crate) fn validation(error: impl Borrow<ValidationError>) -> Failure {
    match error.borrow() {
        error @ ValidationError::Unwritable { .. } => {
            Failure::new(Kind::of_writing(error), format!("--webroot {error}"))
        }
        error @ (ValidationError::Key { .. } | ValidationError::KeyFile(_)) => {
            Failure::usage(format!("--dns-key: {error}"))
        }
        error => advised(Kind::Usage, error),
    }
}

/// What the gateway asks to be published, and what is not published.
pub(crate) fn not_published(error: &ValidationError) -> Failure {
    let advice = error.advice().and_then(|advice| words(&advice, ""));
    let advice = advice.map(|advice| format!(" ({advice})")).unwrap_or_default();
    Failure::new(Kind::NotValidated, format!("{error}{advice}: nothing was ordered"))
}

fn pass_phrase(error: &PassPhraseError, option: &str) -> Failure {
    match error {
        PassPhraseError::Command(why) => Failure::usage(format!("{option} {why}")),
        error => Failure::usage(error.to_string()),
    }
}

/// Why the folder of an order that is placed cannot be used: what this user may not read or write there is no bad usage.
pub(crate) fn unusable(error: &InstallError) -> Failure {
    let failure = Failure::from(error);
    if Kind::of_writing(error) == Kind::Local { failure.of_kind(Kind::Local) } else { failure }
}

/// A certificate that came and could not be installed.
pub(crate) fn not_installed(error: &InstallError) -> Failure {
    let is_check = matches!(error, InstallError::OtherKey | InstallError::KeyGone { .. });
    let failure = unusable(error);
    if is_check { failure.of_kind(Kind::CheckFailed) } else { failure }
}

impl From<TapeError> for Failure {
    fn from(error: TapeError) -> Self {
        Self::of_tape(&error)
    }
}

impl From<Untraced> for Failure {
    fn from(error: Untraced) -> Self {
        Self::new(Kind::Local, error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        advised(Kind::of_config(&error), &error)
    }
}

impl From<HttpSettingsError> for Failure {
    fn from(error: HttpSettingsError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<ExchangeError> for Failure {
    fn from(error: ExchangeError) -> Self {
        Error::from(error).into()
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
            TapeError::File { .. } | TapeError::Index { .. } => Kind::of_cause(error),
            TapeError::Unrecorded { .. } => Kind::Local,
            _ => Kind::CheckFailed,
        };
        Self::new(kind, error.to_string())
    }

    /// A certificate that cannot be fetched from an account; `options` are those of a command for it.
    pub(crate) fn of_fetch(error: FetchError, options: &str) -> Self {
        match error {
            FetchError::Gateway(error) => Self::of_account(&error, options),
            FetchError::Unreadable { .. } => advised(Kind::Undecodable, &error),
            error => advised_at(Kind::Pending, &error, options),
        }
    }

    fn of_preparation(error: &PreparationError, options: &str) -> Self {
        match error {
            PreparationError::Key(error) => key_source(error, options),
            PreparationError::Install(error) => error.into(),
            PreparationError::Validation(error) => validation(error),
            PreparationError::UnderWay { job, .. } => {
                let under_way = Self::new(Kind::Pending, format!("{error}: nothing was ordered"));
                with_advice(under_way, error, options).with("job", json!({ "id": job }))
            }
            error => advised(Kind::Usage, error),
        }
    }

    /// Why a certificate's task failed; `options` are those of a command for its account.
    pub(crate) fn of_task(error: TaskError, options: &str) -> Self {
        match error {
            // Its settings are those of a file, or remembered.
            TaskError::Settings(error) => Self::usage(error.to_string()),
            TaskError::Selection(error) => error.into(),
            TaskError::Plan(PlanError::NotNoted { ref folder, .. }) => {
                Self::usage(error.to_string()).advise(format!("`{}` notes it", adopt(folder)))
            }
            TaskError::Inventory(error) => error.into(),
            TaskError::Folder(error) => error.into(),
            TaskError::Fetch(error) => Self::of_fetch(error, options),
            TaskError::Gateway(error) => Self::of_account(&error, options),
            TaskError::Account(error) => Self::of_account(&error, options),
            error => Self::usage(error.to_string()),
        }
    }

    /// A refusal of the gateway.
    pub(crate) fn of_refusal(refusal: &Refusal) -> Self {
        Self::of(&GatewayError::Refused(Box::new(refusal.clone())).into())
    }

    /// An error of the library.
    pub(crate) fn of(error: &Error) -> Self {
        Self::of_account(error, "")
    }

    /// The same of a run as an account; `options` are those of a command for it.
    pub(crate) fn of_account(error: &Error, options: &str) -> Self {
        let kind = Kind::of(error);
        let advised = || advised_at(kind, error, options);
        match error {
            Error::Preparation(error) => Self::of_preparation(error, options),
            Error::Intercepted(inner) => match inner.downcast_ref::<TapeError>() {
                Some(tape) => Self::of_tape(tape),
                None => Self::new(kind, error.to_string()),
            },
            Error::Gateway(GatewayError::Unexpected { .. }) => Self::new(kind, format!("{error} (--strict)")),
            Error::Gateway(GatewayError::Refused(refusal)) => {
                let failure = Self::new(kind, error.to_string()).answered(Some(refusal.answer.clone()));
                match RefusalReason::of(refusal) {
                    Some(reason) => failure.advise(known(&reason)),
                    None => failure,
                }
            }
            Error::Gateway(GatewayError::Undecodable { body, .. }) => open(error, options).about_body(body),
            Error::Unsent(StoreError::Unfinished(other)) => outcome::in_the_way(advised(), &other.order, options),
            error if error.leaves_outcome_open() => open(error, options),
            _ => advised(),
        }
    }
}

/// What a refusal is about, and what to do.
fn known(reason: &RefusalReason) -> String {
    match reason.advice().and_then(|advice| words(&advice, "")) {
        Some(words) => format!("{reason}: {words}"),
        None => reason.to_string(),
    }
}

/// The failure of an error after which nobody knows what the gateway did: what to do is a sentence of its own.
fn open(error: &Error, options: &str) -> Failure {
    let failure = Failure::new(Kind::of(error), error.to_string());
    match error.advice().and_then(|advice| words(&advice, options)) {
        Some(words) => failure.advise_apart(words),
        None => failure,
    }
}
