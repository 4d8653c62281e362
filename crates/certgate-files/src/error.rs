//! Why a file was not used.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

/// Why a file was not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody else could have put it there, or can read what only its owner may.
    #[error("{}: {}", path.display(), DistrustIn(path, distrust))]
    Untrusted {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        distrust: Distrust,
    },
}

impl FileError {
    /// Whether something was there already where a new file was to be written.
    pub fn is_already_there(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::AlreadyExists)
    }
}

/// What is wrong with a file's owner, mode or kind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Distrust {
    /// It belongs to somebody else.
    Owner {
        /// Its owner's name, or number where it has none.
        owner: String,
        /// Its permission bits.
        mode: u32,
        /// Who may own it.
        expected: String,
    },
    /// Others can write to it.
    Writable {
        /// Its owner's name, or number where it has none.
        owner: String,
        /// Its permission bits.
        mode: u32,
        /// Whether it is a folder.
        is_folder: bool,
    },
    /// Others can read it, and it holds a secret.
    Readable {
        /// Its owner's name, or number where it has none.
        owner: String,
        /// Its permission bits.
        mode: u32,
        /// What it holds, where that is not plain from its use: `the proxy's password`.
        holds: Option<&'static str>,
    },
    /// It is a symbolic link, and links are not followed there.
    Link {
        /// Where it points to.
        target: PathBuf,
    },
    /// It is neither a file nor what else was expected: a FIFO, a device, a socket, a folder.
    Kind {
        /// What it is.
        found: &'static str,
        /// What was expected.
        expected: &'static str,
    },
}

/// What is wrong with the file of that path.
struct DistrustIn<'a>(&'a Path, &'a Distrust);

impl fmt::Display for DistrustIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.0.display();
        match self.1 {
            Distrust::Owner { owner, mode, expected } => {
                write!(f, "it belongs to {owner} (mode {mode:o}); expected {expected} as its owner")
            }
            Distrust::Writable { owner, mode, is_folder } => {
                let right = if *is_folder { "chmod go-w" } else { "chmod 600" };
                write!(f, "others can write to it (owner {owner}, mode {mode:o}): {right} {path}")
            }
            Distrust::Readable { owner, mode, holds } => {
                if let Some(what) = holds {
                    write!(f, "it holds {what} and ")?;
                }
                write!(f, "others can read it (owner {owner}, mode {mode:o}): chmod 600 {path}")
            }
            Distrust::Link { target } => {
                write!(
                    f,
                    "it is a symbolic link to {}, and links are not followed here: give that path",
                    target.display()
                )
            }
            Distrust::Kind { found, expected } => write!(f, "it is a {found}; expected a {expected}"),
        }
    }
}

impl FileError {
    /// The path it is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::Io { path, .. } | Self::Untrusted { path, .. } => path,
        }
    }

    /// What is wrong, without the path.
    pub fn reason(&self) -> String {
        match self {
            Self::Io { source, .. } => source.to_string(),
            Self::Untrusted { path, distrust } => DistrustIn(path, distrust).to_string(),
        }
    }

    /// Whether there is no such file.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    pub(crate) fn io(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn untrusted(path: &Path, distrust: Distrust) -> Self {
        Self::Untrusted { path: path.to_owned(), distrust }
    }
}
