//! What to do about an error of the library, with the names of the options that do it.

use certgate::{
    Error, Kind, PreparationError, Refusal, SelectionError, SettingsError,
    config::{ConfigError, Credential},
    installation::InstallError,
    inventory::InventoryError,
    key::KeySourceError,
    pass_phrase::PassPhraseError,
    tape::TapeError,
    validation::ValidationError,
};
use certgate_dns::DnsError;
use certgate_domain::TaskKind;
use certgate_files::{Distrust, FileError};
use certgate_flow::{Ending, Field, RequestError};
use certgate_store::{ConflictingOrder, State, Store, StoreError};
use serde_json::json;

use super::{
    document,
    outcome::{self, shell_word},
};

use crate::exit::Failure;

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<InstallError> for Failure {
    fn from(error: InstallError) -> Self {
        Self::from(&error)
    }
}

impl From<&InstallError> for Failure {
    fn from(error: &InstallError) -> Self {
        let advice = match error {
            InstallError::Unwritable { .. } => return Self::usage(format!("--out {error}")),
            InstallError::NoPassPhrase => {
                let text = "--pkcs12 and --jks are encrypted: give --store-pass-file or --store-pass-command";
                return Self::usage(text);
            }
            InstallError::PassPhrase(error) => return pass_phrase(error, "--store-pass-command"),
            InstallError::KeyStoreLeftOut { kind, path } => {
                let option = if *kind == "jks" { "--jks" } else { "--pkcs12" };
                format!("give {option}, or remove {} if nobody needs it", path.display())
            }
            InstallError::NoKey { folder } => {
                let folder = folder.display();
                return Self::usage(format!(
                    "--pkcs12 and --jks hold the key, and {folder} has none: order with --new-key or --key"
                ));
            }
            InstallError::OtherKey => "give another --out, or order with --new-key or --key".to_owned(),
            InstallError::ForeignLink { target, .. } => {
                format!("remove the link, or give the folder of {} as --out", target.display())
            }
            InstallError::Folder(FileError::Untrusted { distrust: Distrust::Owner { owner, .. }, .. }) => {
                format!("give --file-owner {owner} if the files are that user's")
            }
            InstallError::Owner(error) => return Self::usage(format!("--file-owner: {error}")),
            _ => return Self::usage(error.to_string()),
        };
        Self::usage(error.to_string()).advise(advice)
    }
}

impl From<KeySourceError> for Failure {
    fn from(error: KeySourceError) -> Self {
        let advice = match error {
            KeySourceError::Folder(error) => return error.into(),
            KeySourceError::PassPhrase(error) => return pass_phrase(&error, "--pass-phrase-command"),
            KeySourceError::NoName => "give --name",
            KeySourceError::Decrypted { .. } => {
                "agree to that with --decrypt-key, or make the CSR with it (`certgate csr new`) and give --csr"
            }
            KeySourceError::OtherTypeWaits { pending, found, asked } => {
                let (pending, asked) = (pending.display(), asked.name());
                return Self::usage(format!(
                    "{pending} holds a key that waits for its certificate, {found}, and --key-type asks for {asked}: carry on with \
                     `certgate resume`, order without --key-type, or move it away"
                ));
            }
            KeySourceError::OtherKeyWaits { .. } => "carry on with `certgate resume`, or move it away",
            _ => return Self::usage(error.to_string()),
        };
        Self::usage(error.to_string()).advise(advice)
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

impl From<SelectionError> for Failure {
    fn from(error: SelectionError) -> Self {
        let text = error.to_string();
        match error {
            SelectionError::Gateway(error) => error.into(),
            SelectionError::Several { found, .. } => {
                let told = found.iter().map(|one| match one.ends {
                    Some(ends) => format!("{} (ends {})", one.id, document::day(ends)),
                    None => one.id.to_string(),
                });
                Self::usage(text).advise(format!("give the id of one: {}", told.collect::<Vec<_>>().join(", ")))
            }
            _ => Self::usage(text).advise("`certgate list` shows those that there are"),
        }
    }
}

impl From<PreparationError> for Failure {
    fn from(error: PreparationError) -> Self {
        match error {
            PreparationError::Key(error) => error.into(),
            PreparationError::Install(error) => error.into(),
            PreparationError::Validation(error) => validation(error),
            PreparationError::Request(error) => request(&error),
            PreparationError::Gateway(error) => error.into(),
            error => Self::usage(error.to_string()),
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

/// A request that cannot be ordered.
pub(crate) fn request(error: &RequestError) -> Failure {
    let advice = match error {
        RequestError::Missing(Field::Csr) => "give --csr, --new-key or --key".to_owned(),
        RequestError::Missing(Field::Product) => "give --product".to_owned(),
        RequestError::Missing(Field::Admin) => "give --admin".to_owned(),
        RequestError::Missing(Field::Technical) => "give --technical".to_owned(),
        RequestError::OwnCsr(_) | RequestError::NoOwnCsr => "give --csr".to_owned(),
        RequestError::OtherName { name, .. } => format!("make a CSR for `{name}`, or give --name"),
        RequestError::MethodNotOffered { .. } => "choose another --method".to_owned(),
        RequestError::ApproverNotOffered { .. } => "choose another --approver".to_owned(),
        _ => return Failure::usage(error.to_string()),
    };
    Failure::usage(error.to_string()).advise(advice)
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
        ValidationError::Dns(DnsError::Nobody) => {
            Failure::usage("no name server is left to be asked: give --resolver, or leave --no-authoritative out")
        }
        ValidationError::Dns(DnsError::System(_)) => Failure::usage(format!("{error}: give --resolver")),
        ValidationError::Unwritable { .. } => Failure::usage(format!("--webroot {error}")),
        ValidationError::Key { .. } | ValidationError::KeyFile(_) => Failure::usage(format!("--dns-key: {error}")),
        error => Failure::usage(error.to_string()),
    }
}

/// What the gateway asks to be published, and what is not published.
pub(crate) fn not_published(error: &ValidationError) -> Failure {
    let advice = match error {
        ValidationError::OutOfScope(_) => " (--allow-any-record publishes it all the same)",
        ValidationError::NoNames => " (give --csr, --new-key or --key, or lift that with --allow-any-record)",
        _ => "",
    };
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
    let is_check = matches!(error, InstallError::OtherKey);
    let failure = Failure::from(error);
    if is_check { failure.of_kind(Kind::CheckFailed) } else { failure }
}

/// Removes what was published for an order, and says what is still there; `false` then.
pub(crate) fn clean_up(store: &mut dyn Store, id: &str, say: &dyn Fn(&str)) -> Result<bool, Error> {
    certgate::validation::clean_up(store, id, &[], &mut |why| {
        let text = format!("what was published is still there: {why}; `certgate resume` tries it again");
        say(&format!("certgate: warning: {text}"));
    })
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
        Self::new(kind, error.to_string()).advise(format!("use {advice}"))
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
            TapeError::Unrecorded { .. } => Kind::Local,
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
        let option = if matches!(error, Error::Strict { .. }) { " (--strict)" } else { "" };
        let mut failure = Self::new(error.kind(), format!("{error}{option}"));
        failure = failure.answered(error.answer().cloned());
        if let Error::Store(store) | Error::Unsent(store) = error
            && let Some(advice) = of_store(store)
        {
            failure = failure.advise(advice);
        }
        match error {
            Error::Undecodable { body, .. } => failure = failure.about_body(body),
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

/// What to do about an error of the store. An order is given up only where it may be.
fn of_store(error: &StoreError) -> Option<String> {
    Some(match error {
        StoreError::Unfinished(ConflictingOrder { id, state, is_held, .. }) => {
            let resume = format!("carry on with `certgate resume {id}`");
            match state {
                State::Unknown | State::Issued if !is_held => {
                    format!("{resume}, or give it up with `certgate orders abandon {id}`")
                }
                _ => resume,
            }
        }
        StoreError::Known(_) => "give another --ctid".to_owned(),
        StoreError::NoOrder(_) => "`certgate orders` lists them".to_owned(),
        StoreError::OtherAccount { .. } => {
            "choose its profile, or give its --user, --context and --endpoint".to_owned()
        }
        StoreError::NoStore { .. } => "choose another file with --store".to_owned(),
        StoreError::Unwritable { .. } => "check the folder and its rights, or choose another with --store".to_owned(),
        _ => return None,
    })
}
