//! What is wrong with the configuration.

use std::path::PathBuf;

use certgate_files::FileError;

use super::Origin;

/// A part of the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// The user's name, or a trusted application's UUID.
    User,
    /// The user's context.
    Context,
    /// The password.
    Password,
}

impl Credential {
    /// `user`, `context` or `password`.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Context => "context",
            Self::Password => "password",
        }
    }
}

/// What is wrong with the configuration, found before anything is sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Neither the file nor certgate itself has a profile of that name.
    #[error(
        "{}profile `{name}` is not known: expected one of {}",
        named_in.as_ref().map(|place| format!("{place}: ")).unwrap_or_default(), known.join(", ")
    )]
    UnknownProfile {
        /// The name.
        name: String,
        /// The profiles that there are.
        known: Vec<String>,
        /// Where it is named, where that is another file.
        named_in: Option<String>,
    },
    /// A profile that is to be added is in the file.
    #[error("{}: the profile `{name}` is there already", path.display())]
    ProfileExists {
        /// The file.
        path: PathBuf,
        /// The profile's name.
        name: String,
    },
    /// The configuration file cannot be read as one. What stands in it is not repeated: it may hold a secret.
    #[error("{}{}: {why}", path.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1, where it is known.
        line: Option<usize>,
        /// What was found there, and what was expected.
        why: String,
    },
    /// A setting has a value that cannot be used.
    #[error("{why}{}", origin.as_ref().map(|origin| format!("\nIt is from {origin}.")).unwrap_or_default())]
    Invalid {
        /// Which value, and what was expected.
        why: String,
        /// Where it came from.
        origin: Option<Origin>,
    },
    /// A part of the credentials is missing.
    #[error("no {} is given{}", credential.name(), profile.as_ref().map(|profile| format!(" in the profile `{profile}`")).unwrap_or_default())]
    Missing {
        /// Which.
        credential: Credential,
        /// The profile that lacks it, where the program chose that one.
        profile: Option<String>,
    },
    /// A file cannot be read, or is not to be trusted: others can write to it, or it holds a secret and others can read it.
    #[error(transparent)]
    Untrusted(#[from] FileError),
    /// A secret cannot be read from where it is.
    #[error("{from}: {why}")]
    Secret {
        /// From where.
        from: String,
        /// Why.
        why: String,
    },
    /// The command that is to print a secret failed.
    #[error("{setting} {why}")]
    SecretCommand {
        /// The setting that names the command.
        setting: &'static str,
        /// How it ended.
        why: String,
    },
    /// No file was named for the store of orders and messages, and the platform has no folder for one.
    #[error("no file is named for the store of orders and messages, and there is no data folder for one")]
    NoStore,
}

impl ConfigError {
    /// A value that cannot be used, from there.
    pub(super) fn invalid(why: impl ToString, origin: &Origin) -> Self {
        Self::Invalid { why: why.to_string(), origin: Some(origin.clone()) }
    }
}
