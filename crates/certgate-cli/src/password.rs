//! Where the password comes from. It is read when it is needed, and stands nowhere before.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

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

/// The first line of a file that only its owner can read.
pub(crate) fn first_line(path: &Path) -> Result<Secret, Failure> {
    refuse_if_others_read(path, "")?;
    let unreadable = |why: &dyn std::fmt::Display| Failure::usage(format!("{}: {why}", path.display()));
    let text = fs::read(path).map_err(|why| unreadable(&why))?;
    Secret::first_line(&text)
        .ok_or_else(|| unreadable(&"found what is not text, expected UTF-8, or UTF-16 with its mark"))
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
        match self {
            Self::File(path) => first_line(path),
            Self::Stdin => {
                let unreadable = |why: &dyn std::fmt::Display| {
                    Failure::usage(format!("the password on standard input cannot be read: {why}"))
                };
                let mut text = Vec::new();
                std::io::stdin().take(LARGEST).read_to_end(&mut text).map_err(|why| unreadable(&why))?;
                Secret::first_line(&text).ok_or_else(|| unreadable(&"it is not text, expected UTF-8"))
            }
            Self::Environment => Ok(Secret::new(std::env::var(Self::VARIABLE).unwrap_or_default())),
            Self::Command(command) => process::first_line(command, None)
                .map_err(|why| Failure::new(Kind::Auth, format!("password_command {why}"))),
            Self::Sandbox => Ok(Sandbox::credentials().password),
        }
    }
}
