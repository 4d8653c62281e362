//! What to do about an error of the library, with the names of the options that do it.

use std::{fmt, path::Path};

use certgate::{
    Advice, Advised, Error, ExchangeError, FetchError, GatewayError, HttpSettingsError, PreparationError, Refusal,
    RefusalReason, SelectionError, SettingsError, Untraced,
    adoption::{AdoptionError, DeclarationError},
    config::{ConfigError, Credential},
    estate::{DeclaredError, PlanError, TaskError},
    installation::{InstallError, RollbackError},
    inventory::InventoryError,
    key::KeySourceError,
    pass_phrase::PassPhraseError,
    tape::TapeError,
    validation::ValidationError,
    zones::ZoneError,
};
use certgate_domain::{TaskKind, words::AuthMethod};
use certgate_files::FileError;
use certgate_flow::{Ending, Field, RequestError};
use certgate_store::{CopyError, StoreError};
use serde_json::json;

use super::{
    document,
    outcome::{self, resume, shell_word},
};
use crate::exit::{Failure, Kind};

/// What to do, with the names of this command line; `profile` is the account's where a command has to name it. `None` where only another
/// program than this one could do it.
fn words(advice: &Advice, profile: Option<&str>) -> Option<String> {
    let words = match advice {
        Advice::GiveCredential(Credential::User) => {
            "use --user, CERTGATE_USER or the profile's `user`; `certgate config init` asks for what a profile needs"
        }
        Advice::GiveCredential(Credential::Context) => "use --context, CERTGATE_CONTEXT or the profile's `context`",
        Advice::GiveCredential(_) => {
            "use CERTGATE_PASSWORD, --password-file, --password-stdin or the profile's password_command or password_file"
        }
        Advice::Give(fields) => return Some(fields.iter().map(needed).collect::<Vec<_>>().join("\n")),
        Advice::GiveOtherKey => "give another --key, or --new-key to make one, or a CSR with --csr",
        Advice::GiveName => "give --name",
        Advice::MatchName { name } => return Some(format!("make a CSR for `{name}`, or give --name")),
        Advice::ChooseMethod => "choose another --method",
        Advice::ShowControl { by: AuthMethod::File } => "give --webroot",
        Advice::ShowControl { .. } => "give --dns",
        Advice::WaitForJob { job } => {
            return Some(format!("look at it with `certgate job info {job}`, and run the same again once it is over"));
        }
        Advice::ChooseApprover => "choose another --approver",
        Advice::AllowAnyRecord => "--allow-any-record publishes it all the same",
        Advice::GiveCsrOrAllowAnyRecord => "give --csr, --new-key or --key, or lift that with --allow-any-record",
        Advice::GiveOrAllowNameServer => "give --resolver, or leave --no-authoritative out",
        Advice::GiveNameServer => "give --resolver",
        Advice::GiveKeyStorePassPhrase => "give --store-pass-file or --store-pass-command",
        Advice::RenewKeyStore { kind, path } => {
            let option = if *kind == "jks" { "--jks" } else { "--pkcs12" };
            return Some(format!("give {option}, or remove {} if nobody needs it", path.display()));
        }
        Advice::OrderWithKey => "order with --new-key or --key",
        Advice::OtherFolderOrKey => "give another --out, or order with --new-key or --key",
        Advice::PutKeyBack => {
            "put it back as pending/key.pem; if it is lost, give the order up with `certgate orders abandon` and order with --new-key"
        }
        Advice::OtherFolder { folder } => {
            return Some(format!("give another --out (`certgate status {}` shows what is in place)", folder.display()));
        }
        Advice::RemoveLink { target } => {
            return Some(format!("remove the link, or give the folder of {} as --out", target.display()));
        }
        Advice::InstallFor { owner } => return Some(format!("give --file-owner {owner} if the files are that user's")),
        Advice::AgreeToDecryptedKey => {
            "agree to that with --decrypt-key, or make the CSR with it (`certgate csr new`) and give --csr"
        }
        Advice::ResumeOrOrderWithAnyType => {
            "carry on with `certgate resume`, order without --key-type, or move it away"
        }
        Advice::ResumeOrMoveKey => "carry on with `certgate resume`, or move it away",
        Advice::Resume { order } => return Some(format!("carry on with `{}`", resume(profile, order))),
        Advice::ResumeOrAbandon { order } => {
            return Some(format!(
                "carry on with `{}`, or give it up with `certgate orders abandon {order}`",
                resume(profile, order)
            ));
        }
        Advice::LookBeforeOrdering => {
            "To find out, look before ordering again: `certgate resume` looks for it among messages, certificates and jobs and \
             sends nothing twice; `certgate orders` lists what is open."
        }
        Advice::ListOrders => "`certgate orders` lists them",
        Advice::GiveId { found } => {
            let told = found.iter().map(|one| match one.ends {
                Some(ends) => format!("{} (ends {})", one.id, document::day(ends)),
                None => one.id.to_string(),
            });
            return Some(format!("give the id of one: {}", told.collect::<Vec<_>>().join(", ")));
        }
        Advice::ResumeItsOrder => "carry on with its order: `certgate resume`",
        Advice::ChooseTransactionId => "give another --ctid",
        Advice::ChooseAccount => "choose its profile, or give its --user, --context and --endpoint",
        Advice::GiveStore => "use --store FILE|URL",
        Advice::EditProfile => "edit it there, or name another by --profile",
        Advice::ChooseStore => "choose another with --store",
        Advice::CheckStore => "check the folder and its rights or the database, or choose another with --store",
        Advice::AcceptUnknownParts => "leave --strict out to accept it",
        Advice::ListCertificates => "`certgate list` shows those that there are",
        Advice::ListContacts => "`certgate contact list` shows those that there are",
        Advice::ListJobs => "`certgate job list` shows those that run, with --history those that are over",
        Advice::ListZones => "`certgate zone list` shows those that there are",
        Advice::CheckCredentials => "`certgate config show` says where user, password and context come from",
        Advice::ListSerials => "`certgate info ID` lists them under histories",
        Advice::LookIntoQueue => "`certgate poll next` shows the first message of the queue",
        Advice::ReplaceContact => {
            "give its certificates another one first: `certgate reissue` with --admin, --technical"
        }
        Advice::CompleteContact => "`certgate contact info ID --output json` shows the fields of one that is complete",
        Advice::ChooseContact => {
            "choose another by --admin or --technical; `certgate contact list` shows those that there are"
        }
        Advice::ConfirmUnread { message } => {
            return Some(format!(
                "message {message} is first: `certgate poll confirm {message}` takes it off the queue"
            ));
        }
        Advice::Reissue => "`certgate reissue` is free, and possible at any time of the term",
        Advice::CheckEndpoint => {
            "is /v1 missing? --endpoint of the JSON API ends in it; the XML gateway's is another one"
        }
        _ => return None,
    };
    Some(words.to_owned())
}

/// How to give what a new certificate needs, and where to get it.
fn needed(field: &Field) -> &'static str {
    match field {
        Field::Csr => "  --csr FILE: the CSR; or --new-key, or --key FILE, with --out DIR",
        Field::Name => "  --name NAME: the name of the certificate",
        Field::Product => "  --product CODE: such as QUICKSSLPREMIUM; certgate list shows those of yours",
        Field::Admin => "  --admin ID: the id of a contact: certgate contact list",
        Field::Technical => "  --technical ID: the id of a contact: certgate contact list",
    }
}

/// The failure of an error, with what to do about it.
fn advised(kind: Kind, error: &(impl Advised + fmt::Display)) -> Failure {
    with_advice(Failure::new(kind, error.to_string()), error, None)
}

fn with_advice(failure: Failure, error: &impl Advised, profile: Option<&str>) -> Failure {
    match error.advice().and_then(|advice| words(&advice, profile)) {
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
        match error {
            KeySourceError::Folder(error) => error.into(),
            KeySourceError::PassPhrase(error) => pass_phrase(&error, "--pass-phrase-command"),
            error => advised(Kind::of_cause(&error), &error),
        }
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
            RollbackError::Ended { ref set, .. } => {
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
            error => Self::usage(error.to_string()),
        }
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Gateway(error) => error.into(),
            FetchError::Unreadable { .. } => advised(Kind::Undecodable, &error),
            error => advised(Kind::Pending, &error),
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
        match error {
            PreparationError::Key(error) => error.into(),
            PreparationError::Install(error) => error.into(),
            PreparationError::Validation(error) => validation(error),
            PreparationError::UnderWay { job, .. } => {
                let under_way = Self::new(Kind::Pending, format!("{error}: nothing was ordered"));
                with_advice(under_way, &error, None).with("job", json!({ "id": job }))
            }
            error => advised(Kind::Usage, &error),
        }
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
        match error {
            // Its settings are those of a file, or remembered.
            TaskError::Settings(error) => Self::usage(error.to_string()),
            TaskError::Selection(error) => error.into(),
            TaskError::Plan(PlanError::NotNoted { ref folder, .. }) => {
                Self::usage(error.to_string()).advise(format!("`{}` notes it", adopt(folder)))
            }
            TaskError::Inventory(error) => error.into(),
            TaskError::Folder(error) => error.into(),
            TaskError::Fetch(error) => error.into(),
            TaskError::Gateway(error) => error.into(),
            TaskError::Account(error) => Self::of(&error),
            error => Self::usage(error.to_string()),
        }
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
pub(crate) fn validation(error: ValidationError) -> Failure {
    match error {
        ValidationError::Unwritable { .. } => Failure::new(Kind::of_writing(&error), format!("--webroot {error}")),
        ValidationError::Key { .. } | ValidationError::KeyFile(_) => Failure::usage(format!("--dns-key: {error}")),
        error => advised(Kind::Usage, &error),
    }
}

/// What the gateway asks to be published, and what is not published.
pub(crate) fn not_published(error: &ValidationError) -> Failure {
    let advice = error.advice().and_then(|advice| words(&advice, None));
    let advice = advice.map(|advice| format!(" ({advice})")).unwrap_or_default();
    Failure::new(Kind::NotValidated, format!("{error}{advice}: nothing was ordered"))
}

fn pass_phrase(error: &PassPhraseError, option: &str) -> Failure {
    match error {
        PassPhraseError::Command(why) => Failure::usage(format!("{option} {why}")),
        error => Failure::usage(error.to_string()),
    }
}

/// A certificate that came and could not be installed.
pub(crate) fn not_installed(error: &InstallError) -> Failure {
    let is_check = matches!(error, InstallError::OtherKey | InstallError::KeyGone { .. });
    let failure = Failure::from(error);
    match Kind::of_writing(error) {
        _ if is_check => failure.of_kind(Kind::CheckFailed),
        Kind::Local => failure.of_kind(Kind::Local),
        _ => failure,
    }
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
        match error {
            Error::Preparation(error) => (*error).into(),
            error => Self::of(&error),
        }
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

    /// A refusal of the gateway.
    pub(crate) fn of_refusal(refusal: &Refusal) -> Self {
        Self::of(&GatewayError::Refused(Box::new(refusal.clone())).into())
    }

    /// An error of the library.
    pub(crate) fn of(error: &Error) -> Self {
        Self::of_account(error, None)
    }

    /// The same of a run as an account, whose profile it is that commands have to name.
    pub(crate) fn of_account(error: &Error, profile: Option<&str>) -> Self {
        let kind = Kind::of(error);
        let advised = || with_advice(Self::new(kind, error.to_string()), error, profile);
        match error {
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
            Error::Gateway(GatewayError::Undecodable { body, .. }) => open(error).about_body(body),
            Error::Unsent(StoreError::Unfinished(other)) => outcome::in_the_way(advised(), &other.order, profile),
            error if error.leaves_outcome_open() => open(error),
            _ => advised(),
        }
    }
}

/// What a refusal is about, and what to do.
fn known(reason: &RefusalReason) -> String {
    match reason.advice().and_then(|advice| words(&advice, None)) {
        Some(words) => format!("{reason}: {words}"),
        None => reason.to_string(),
    }
}

/// The failure of an error after which nobody knows what the gateway did: what to do is a sentence of its own.
fn open(error: &Error) -> Failure {
    let failure = Failure::new(Kind::of(error), error.to_string());
    match error.advice().and_then(|advice| words(&advice, None)) {
        Some(words) => failure.and(&words),
        None => failure,
    }
}
