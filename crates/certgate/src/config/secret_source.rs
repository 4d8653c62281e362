//! Where a secret comes from. It is read when it is needed, and stands nowhere before.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use certgate_domain::Secret;

use super::ConfigError;
use crate::process;

/// Where a secret comes from; its first line is the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretSource {
    /// A file that nobody else can read.
    File(PathBuf),
    /// Standard input, to its end.
    Stdin,
    /// An environment variable, by its name.
    Environment(String),
    /// A command line for the shell that prints it.
    Command(String),
    /// The program has it already.
    Value(Secret),
}

/// The most of standard input that is read, in bytes.
const LARGEST: u64 = 64 << 10;

impl SecretSource {
    /// The environment variable, where it holds anything.
    pub fn of_environment(name: &str) -> Option<Self> {
        std::env::var(name).is_ok_and(|secret| !secret.is_empty()).then(|| Self::Environment(name.to_owned()))
    }

    /// Reads the secret: the first line of the source, empty where that holds nothing.
    ///
    /// # Errors
    /// The file cannot be read, or others can read it; standard input is not text; the command failed.
    pub fn read(&self) -> Result<Secret, ConfigError> {
        match self {
            Self::File(path) => first_line_of(path),
            Self::Stdin => {
                let unreadable = |why: &dyn std::fmt::Display| ConfigError::Secret {
                    from: "the password on standard input cannot be read".to_owned(),
                    why: why.to_string(),
                };
                let mut text = Vec::new();
                std::io::stdin().take(LARGEST).read_to_end(&mut text).map_err(|why| unreadable(&why))?;
                Secret::first_line(&text).ok_or_else(|| unreadable(&"it is not text, expected UTF-8"))
            }
            Self::Environment(name) => Ok(Secret::new(std::env::var(name).unwrap_or_default())),
            Self::Command(command) => process::first_line(command, None)
                .map_err(|why| ConfigError::SecretCommand { setting: "password_command", why: why.to_string() }),
            Self::Value(secret) => Ok(secret.clone()),
        }
    }
}

/// The first line of a file that only its owner can read.
///
/// # Errors
/// The file cannot be read, others can read it, or it is not text.
fn first_line_of(path: &Path) -> Result<Secret, ConfigError> {
    Secret::first_line(&certgate_files::read_secret(path)?).ok_or_else(|| ConfigError::Secret {
        from: path.display().to_string(),
        why: "found what is not text, expected UTF-8 or UTF-16".to_owned(),
    })
}
