//! What to do about an error of the library, with the names of the options that do it.

mod plan;
mod words;

use std::{fmt, path::Path};

use certgate::{
    Advised, Error, ExchangeError, FetchError, GatewayError, HttpSettingsError, PreparationError, Refusal,
    RefusalReason, SelectionError, SettingsError, Untraced,
    adoption::{AdoptionError, DeclarationError},
    batch::BatchTask,
    config::ConfigError,
    estate::{DeclaredError, Step, TaskError},
    installation::{InstallError, LedElsewhere, RollbackError, Shown},
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
use super::{
    command_line::{self, shell_word},
    outcome,
};
use crate::exit::{Failure, Kind};

/// Who is told what to do.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asking<'a> {
    /// The options of a command for the account.
    pub(crate) options: &'a str,
    /// Whether settings stand in a file: they go by its keys, or columns, and not by the options.
    pub(crate) by_file: bool,
}

impl<'a> From<&'a str> for Asking<'a> {
    fn from(options: &'a str) -> Self {
        Self { options, ..Self::default() }
    }
}

impl<'a> From<&'a String> for Asking<'a> {
    fn from(options: &'a String) -> Self {
        options.as_str().into()
    }
}

impl Asking<'_> {
    /// What a setting is called.
    fn name(self, setting: &str) -> String {
        if self.by_file { format!("`{setting}`") } else { option(setting) }
    }
}

/// What is said of a line of a batch that was ordered, and was changed since.
pub(crate) fn ordered_before(line: &BatchTask) -> String {
    let changed = line.changed.join("; ");
    match line.task.step {
        Step::Resume { .. } => format!("ordered before, and carried on with as it was; {changed}"),
        _ => format!(
            "done before; {changed}: --again orders all lines anew, and pays a new term for each that creates or renews"
        ),
    }
}

/// The failure of an error, with what to do about it.
fn advised(kind: Kind, error: &(impl Advised + fmt::Display), asking: Asking<'_>) -> Failure {
    with_advice(Failure::new(kind, error.to_string()), error, asking)
}

fn with_advice(failure: Failure, error: &impl Advised, asking: Asking<'_>) -> Failure {
    match error.advice().and_then(|advice| words(&advice, asking)) {
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
        install(&error, Asking::default())
    }
}

fn install(error: &InstallError, asking: Asking<'_>) -> Failure {
    match error {
        InstallError::Unwritable { .. } => {
            Failure::new(Kind::of_writing(error), format!("{} {error}", asking.name("out")))
        }
        InstallError::OtherReader { .. } => Failure::new(Kind::Local, format!("{} {error}", asking.name("out"))),
        InstallError::PassPhrase(error) => pass_phrase(error, &asking.name("store_pass_command")),
        InstallError::LedElsewhere(error) => led_elsewhere(error, asking),
        InstallError::Owner(error) => Failure::usage(format!("{}: {error}", asking.name("file_owner"))),
        error => advised(Kind::of_cause(error), error, asking),
    }
}

impl From<KeySourceError> for Failure {
    fn from(error: KeySourceError) -> Self {
        key_source(&error, Asking::default())
    }
}

fn key_source(error: &KeySourceError, asking: Asking<'_>) -> Failure {
    match error {
        KeySourceError::PassPhrase(error) => pass_phrase(error, &asking.name("pass_phrase_command")),
        error => advised(Kind::of_cause(error), error, asking),
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
            RollbackError::File(error) => Self::unwritten(&error),
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
        inventory(error, Asking::default())
    }
}

pub(crate) fn inventory(error: InventoryError, asking: Asking<'_>) -> Failure {
    let text = error.to_string();
    let advice = match error {
        InventoryError::Folder(error) => return error.into(),
        InventoryError::Lost { folder, selector, is_keyless: true, .. } => {
            let (which, folder) = (shell_word(&selector.to_string()), shell_word(&folder.display().to_string()));
            format!("mount it, or put it there again: certgate fetch{} {which} --out {folder}", asking.options)
        }
        InventoryError::Lost { selector, settings, .. } => {
            let reissue = command_line::reissue(asking.options, &selector, &settings);
            format!("mount it, or order another one into it: {reissue}")
        }
        InventoryError::LedElsewhere(why) => return led_elsewhere(&why, asking),
        InventoryError::CertificateLost {
            folder, certificate: Some(which), mut settings, is_key_gone: true, ..
        } => {
            settings.out = Some(folder);
            let reissue = command_line::reissue(asking.options, &which, &settings);
            format!("`{reissue}` orders another one into it")
        }
        // It may be none that was ever under care.
        InventoryError::CertificateLost { certificate: None, damage: Some(_), .. } => return Failure::usage(text),
        InventoryError::CertificateLost { folder, certificate, is_key_gone, .. } => {
            let folder = shell_word(&folder.display().to_string());
            let id = certificate.map_or_else(|| "ID".to_owned(), |which| shell_word(&which.to_string()));
            let options = asking.options;
            match is_key_gone {
                true => format!("`certgate reissue{options} {id} --new-key --out {folder}` orders another one into it"),
                false => format!("`certgate fetch{options} {id} --out {folder}` puts it there again"),
            }
        }
        _ => return Failure::usage(text),
    };
    Failure::usage(text).advise(advice)
}

impl From<SelectionError> for Failure {
    fn from(error: SelectionError) -> Self {
        match error {
            SelectionError::Gateway(error) => error.into(),
            error => advised(Kind::Usage, &error, Asking::default()),
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
        Self::of_preparation(&error, Asking::default())
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
        "formats" => "--pkcs12 or --jks".to_owned(),
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
        Self::of_task(error, Asking::default())
    }
}

/// What a server reads and does not lead into a certificate's folder any more.
fn led_elsewhere(error: &LedElsewhere, asking: Asking<'_>) -> Failure {
    let failure = Failure::usage(error.to_string());
    let adopt = command_line::adopt(asking.options, error.path.parent().unwrap_or(Path::new(".")));
    match error.shows {
        Shown::Copy => failure.advise(format!("`{adopt}` has it lead there")),
        Shown::Another => failure
            .advise(format!("where somebody put the account's newer pair there, `{adopt}` takes that under care")),
        _ => failure,
    }
}

/// A request that cannot be ordered.
pub(crate) fn request(error: &RequestError, asking: Asking<'_>) -> Failure {
    advised(Kind::Usage, error, asking)
}

/// How an order came to its end before it was sent.
pub(crate) fn ending(task: TaskKind, ending: Ending, asking: Asking<'_>) -> Failure {
    match ending {
        Ending::Refused(answer) => {
            let auth = answer.blames_credentials();
            Failure::of_refusal(&Refusal { task, answer, auth })
        }
        Ending::InvalidRequest(why) => request(&why, asking),
        Ending::ProtocolViolation(task) => {
            Failure::new(Kind::Undecodable, format!("the answer to {} holds no certificate", task.name()))
        }
        other => Failure::new(Kind::Internal, format!("an ending without a meaning here: {other:?}")),
    }
}

/// What is wrong with how control is to be shown, found before anything is sent.
pub(crate) fn validation(error: &ValidationError, asking: Asking<'_>) -> Failure {
    match error {
        error @ ValidationError::Unwritable { .. } => {
            Failure::new(Kind::of_writing(error), format!("{} {error}", asking.name("webroot")))
        }
        error @ (ValidationError::Key { .. } | ValidationError::KeyFile(_)) => {
            Failure::usage(format!("{}: {error}", asking.name("dns_key")))
        }
        error => advised(Kind::Usage, error, asking),
    }
}

/// What the gateway asks to be published, and what is not published.
pub(crate) fn not_published(error: &ValidationError, asking: Asking<'_>) -> Failure {
    let advice = error.advice().and_then(|advice| words(&advice, asking));
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
pub(crate) fn unusable(error: &InstallError, asking: Asking<'_>) -> Failure {
    let failure = install(error, asking);
    if Kind::of_writing(error) == Kind::Local { failure.of_kind(Kind::Local) } else { failure }
}

/// A certificate that came and could not be installed.
pub(crate) fn not_installed(error: &InstallError, asking: Asking<'_>) -> Failure {
    let is_check =
        matches!(error, InstallError::OtherKey | InstallError::KeyGone { .. } | InstallError::KeyLost { .. });
    let failure = unusable(error, asking);
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
        advised(Kind::of_config(&error), &error, Asking::default())
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

    /// A certificate that cannot be fetched from an account.
    pub(crate) fn of_fetch<'a>(error: FetchError, asking: impl Into<Asking<'a>>) -> Self {
        let asking = asking.into();
        match error {
            FetchError::Gateway(error) => Self::of_account(&error, asking),
            FetchError::Unreadable { .. } => advised(Kind::Undecodable, &error, asking),
            error => advised(Kind::Pending, &error, asking),
        }
    }

    pub(crate) fn of_preparation(error: &PreparationError, asking: Asking<'_>) -> Self {
        match error {
            PreparationError::Key(error) => key_source(error, asking),
            PreparationError::Install(error) => install(error, asking),
            PreparationError::Validation(error) => validation(error, asking),
            PreparationError::UnderWay { job, .. } => {
                let under_way = Self::new(Kind::Pending, format!("{error}: nothing was ordered"));
                with_advice(under_way, error, asking).with("job", json!({ "id": job }))
            }
            PreparationError::CameMeanwhile { .. } => {
                with_advice(Self::new(Kind::Pending, format!("{error}: nothing was ordered")), error, asking)
            }
            error => advised(Kind::Usage, error, asking),
        }
    }

    /// Why a certificate's task failed.
    pub(crate) fn of_task(error: TaskError, asking: Asking<'_>) -> Self {
        match error {
            // Its settings are those of a file, or remembered.
            TaskError::Settings(error) => Self::usage(error.to_string()),
            TaskError::Selection(error) => error.into(),
            TaskError::Plan(error) => plan::failure(&error, asking),
            TaskError::Inventory(error) => inventory(error, asking),
            TaskError::Folder(error) => Self::unwritten(&error),
            TaskError::Fetch(error) => Self::of_fetch(error, asking),
            TaskError::Gateway(error) => Self::of_account(&error, asking),
            TaskError::Account(error) => Self::of_account(&error, asking),
            error => Self::usage(error.to_string()),
        }
    }

    /// The same of one whose settings stand in a file.
    pub(crate) fn of_file(error: TaskError, options: &str) -> Self {
        Self::of_task(error, Asking { options, by_file: true })
    }

    /// A refusal of the gateway.
    pub(crate) fn of_refusal(refusal: &Refusal) -> Self {
        Self::of(&GatewayError::Refused(Box::new(refusal.clone())).into())
    }

    /// An error of the library.
    pub(crate) fn of(error: &Error) -> Self {
        Self::of_account(error, "")
    }

    /// The same of a run as an account.
    pub(crate) fn of_account<'a>(error: &Error, asking: impl Into<Asking<'a>>) -> Self {
        let (kind, asking) = (Kind::of(error), asking.into());
        let advised = || advised(kind, error, asking);
        match error {
            Error::Preparation(error) => Self::of_preparation(error, asking),
            Error::Intercepted(inner) => match inner.downcast_ref::<TapeError>() {
                Some(tape) => Self::of_tape(tape),
                None => Self::new(kind, error.to_string()),
            },
            Error::Gateway(GatewayError::Unexpected { .. }) => Self::new(kind, format!("{error} (--strict)")),
            Error::Gateway(GatewayError::Refused(refusal)) => {
                let failure = Self::new(kind, error.to_string()).answered(Some(refusal.answer.clone()));
                match RefusalReason::of(refusal) {
                    Some(reason) => failure.advise(known(&reason, asking)),
                    None => failure,
                }
            }
            Error::Gateway(GatewayError::Undecodable { body, .. }) => open(error, asking).about_body(body),
            Error::Unsent(StoreError::Unfinished(other)) => {
                outcome::in_the_way(advised(), &other.order, asking.options)
            }
            error if error.leaves_outcome_open() => open(error, asking),
            _ => advised(),
        }
    }
}

/// What a refusal is about, and what to do.
fn known(reason: &RefusalReason, asking: Asking<'_>) -> String {
    match reason.advice().and_then(|advice| words(&advice, asking)) {
        Some(words) => format!("{reason}: {words}"),
        None => reason.to_string(),
    }
}

/// The failure of an error after which nobody knows what the gateway did: what to do is a sentence of its own.
fn open(error: &Error, asking: Asking<'_>) -> Failure {
    let failure = Failure::new(Kind::of(error), error.to_string());
    match error.advice().and_then(|advice| words(&advice, asking)) {
        Some(words) => failure.advise_apart(words),
        None => failure,
    }
}
