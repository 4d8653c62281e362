//! What a certificate request is made of.

use std::path::PathBuf;

use certgate::key::{NewRequest, RequestKey};
use certgate_keys::{KeyType, Subject};
use clap::Args;

use super::{key::PassPhrase, setting};

/// A certificate request that is to be made.
#[derive(Debug, Args)]
pub(crate) struct NewRequestArgs {
    /// The common name, also the first of the names
    #[arg(long)]
    name: String,
    /// A further name
    #[arg(long, value_name = "NAME")]
    san: Vec<String>,
    /// Organisation
    #[arg(long)]
    organization: Option<String>,
    /// Organisational unit
    #[arg(long)]
    organization_unit: Option<String>,
    /// City
    #[arg(long)]
    city: Option<String>,
    /// State or province
    #[arg(long)]
    state: Option<String>,
    /// Country, two letters
    #[arg(long)]
    country: Option<String>,
    /// The key, PEM or DER (PKCS#8, PKCS#1, SEC1)
    #[arg(long, value_name = "FILE", required_unless_present = "key_out")]
    key: Option<PathBuf>,
    #[command(flatten)]
    pass_phrase: PassPhrase,
    /// Make a new key and write it into this file, which may not be there yet
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    key_out: Option<PathBuf>,
    /// The new key's kind: p256, p384, rsa2048, rsa3072, rsa4096
    #[arg(long, value_name = "KIND", value_parser = setting::<KeyType>, default_value = "p256", conflicts_with = "key")]
    key_type: KeyType,
    /// Write the CSR into this file, which may not be there yet [default: it is shown]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl From<NewRequestArgs> for NewRequest {
    fn from(new: NewRequestArgs) -> Self {
        let NewRequestArgs { name, san, organization, organization_unit, city, state, country, .. } = new;
        let names = std::iter::once(name.clone()).chain(san).collect();
        let pass_phrase = new.pass_phrase.source();
        let key = match (new.key_out, new.key) {
            (Some(file), _) => RequestKey::New { key_type: new.key_type, file },
            (None, path) => RequestKey::File { path: path.unwrap_or_default(), pass_phrase },
        };
        let subject = Subject { common_name: name, organization, organization_unit, city, state, country };
        Self { subject, names, key, file: new.out }
    }
}
