//! What a certificate request is made of.

use std::path::PathBuf;

use certgate_keys::KeyType;
use clap::Args;

use super::key::{PassPhrase, key_type};

/// A certificate request that is to be made.
#[derive(Debug, Args)]
pub(crate) struct NewRequest {
    /// The common name, also the first of the names
    #[arg(long)]
    pub(crate) name: String,
    /// A further name
    #[arg(long, value_name = "NAME")]
    pub(crate) san: Vec<String>,
    /// Organisation
    #[arg(long)]
    pub(crate) organization: Option<String>,
    /// Organisational unit
    #[arg(long)]
    pub(crate) organization_unit: Option<String>,
    /// City
    #[arg(long)]
    pub(crate) city: Option<String>,
    /// State or province
    #[arg(long)]
    pub(crate) state: Option<String>,
    /// Country, two letters
    #[arg(long)]
    pub(crate) country: Option<String>,
    /// The key, PEM or DER (PKCS#8, PKCS#1, SEC1)
    #[arg(long, value_name = "FILE", required_unless_present = "key_out")]
    pub(crate) key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) pass_phrase: PassPhrase,
    /// Make a new key and write it into this file, which may not be there yet
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    pub(crate) key_out: Option<PathBuf>,
    /// The new key's kind: p256, p384, rsa2048, rsa3072, rsa4096
    #[arg(long, value_name = "KIND", value_parser = key_type, default_value = "p256", conflicts_with = "key")]
    pub(crate) key_type: KeyType,
    /// Write the CSR into this file, which may not be there yet [default: it is shown]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}
