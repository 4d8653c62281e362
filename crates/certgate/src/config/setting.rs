//! A value and where it came from.

use std::{fmt, path::PathBuf};

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// An argument of the command line, which is named as people write it.
    Argument(String),
    /// An environment variable, by its name.
    Environment(String),
    /// A profile of the configuration file.
    Profile {
        /// The profile's name.
        name: String,
        /// The file.
        file: PathBuf,
    },
    /// A profile that is there without a file: `live` or `demo`.
    BuiltIn(&'static str),
    /// The embedded gateway, which has addresses, an account and a store of its own.
    Sandbox,
    /// The tape in this folder.
    Tape(PathBuf),
    /// The program itself.
    Program,
    /// Nobody said anything.
    Default,
}

impl Origin {
    /// Whether whoever started this run gave the value, rather than a file or a default.
    pub fn is_given(&self) -> bool {
        matches!(self, Self::Argument(_) | Self::Environment(_))
    }
}

impl<T> From<T> for Setting<T> {
    /// A value that the program says itself.
    fn from(value: T) -> Self {
        Self { value, origin: Origin::Program }
    }
}

impl<T> Setting<Option<T>> {
    /// The value, or this default where there is none.
    pub(super) fn or(self, default: T) -> Setting<T> {
        Setting { value: self.value.unwrap_or(default), origin: self.origin }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(option) => write!(f, "argument {option}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Profile { name, file } => write!(f, "profile {name} in {}", file.display()),
            Self::BuiltIn(name) => write!(f, "built-in profile {name}"),
            Self::Sandbox => f.write_str("sandbox"),
            Self::Tape(folder) => write!(f, "tape {}", folder.display()),
            Self::Program => f.write_str("program"),
            Self::Default => f.write_str("default"),
        }
    }
}
