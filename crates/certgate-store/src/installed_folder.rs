//! Where certificates are.

use std::path::PathBuf;

/// A folder that a certificate was put into: the one that went there last.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InstalledFolder {
    /// The folder.
    pub folder: PathBuf,
    /// The machine that it is on; absent where machines have no names.
    pub host: Option<String>,
    /// The gateway's id of the certificate.
    pub certificate: Option<i64>,
    /// The certificate's name.
    pub name: Option<String>,
}
