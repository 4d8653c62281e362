//! Where the password comes from. It is read when it is needed, and stands nowhere before.

use std::{fs, io::Read, path::PathBuf};

use certgate::{Kind, process};
use certgate_domain::Secret;

use crate::{exit::Failure, profile::refuse_if_others_read, sandbox::Sandbox};

/// Where the password comes from.
#[derive(Debug, Clone)]
pub(crate) enum Password {
    File(PathBuf),
    Stdin,
    Environment,
    /// A command line for the shell that prints it.
    Command(String),
    Sandbox,
}

/// The most of a source that is read; the password is its first line.
const LARGEST: u64 = 64 << 10;

impl Password {
    /// Its environment variable.
    pub(crate) const VARIABLE: &str = "CERTGATE_PASSWORD";

    /// The environment, where it holds one.
    pub(crate) fn of_environment() -> Option<Self> {
        std::env::var(Self::VARIABLE).is_ok_and(|password| !password.is_empty()).then_some(Self::Environment)
    }

    /// The key of a profile that names it.
    pub(crate) fn key(&self) -> Option<&'static str> {
        match self {
            Self::File(_) => Some("password_file"),
            Self::Command(_) => Some("password_command"),
            Self::Stdin | Self::Environment | Self::Sandbox => None,
        }
    }

    /// Reads it.
    pub(crate) fn read(&self) -> Result<Secret, Failure> {
        let first_line = |text: String| Secret::new(text.lines().next().unwrap_or_default());
        match self {
            Self::File(path) => {
                refuse_if_others_read(path, "")?;
                let text = fs::read_to_string(path);
                Ok(first_line(text.map_err(|why| Failure::usage(format!("{}: {why}", path.display())))?))
            }
            Self::Stdin => {
                let mut text = String::new();
                std::io::stdin()
                    .take(LARGEST)
                    .read_to_string(&mut text)
                    .map_err(|why| Failure::usage(format!("the password on standard input cannot be read: {why}")))?;
                Ok(first_line(text))
            }
            Self::Environment => Ok(Secret::new(std::env::var(Self::VARIABLE).unwrap_or_default())),
            Self::Command(command) => {
                process::first_line(command).map_err(|why| Failure::new(Kind::Auth, format!("password_command {why}")))
            }
            Self::Sandbox => Ok(Sandbox::credentials().password),
        }
    }
}
