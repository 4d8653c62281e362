//! The key that an order is made with: `--new-key`, `--key`.

use std::path::PathBuf;

use certgate::CertificateSettings;
use certgate_keys::KeyType;
use certgate_store::PassPhraseSource;
use clap::Args;

use super::setting;

/// The key that an order is made with, where no CSR is given.
#[derive(Debug, Args)]
pub(crate) struct Keys {
    /// Make a new key and the CSR with it; the key comes into --out with its certificate
    #[arg(long)]
    new_key: bool,
    /// The new key's kind: p256, p384, rsa2048, rsa3072, rsa4096 [default: p256]
    #[arg(long, value_name = "KIND", value_parser = setting::<KeyType>)]
    key_type: Option<KeyType>,
    /// Make the CSR with this key, PEM or DER (PKCS#8, PKCS#1, SEC1)
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    pass_phrase: PassPhrase,
    /// Write a --key that is encrypted into --out decrypted, where only its owner can read it
    #[arg(long)]
    decrypt_key: bool,
    /// A name in the CSR besides the certificate's own [default: the certificate's]
    #[arg(long, value_name = "NAME")]
    san: Vec<String>,
}

/// Where a key's pass phrase comes from.
#[derive(Debug, Args)]
pub(crate) struct PassPhrase {
    /// The key's pass phrase is this file's first line
    #[arg(long, value_name = "FILE", requires = "key")]
    pass_phrase_file: Option<PathBuf>,
    /// The key's pass phrase is the first line that this command of the shell prints
    #[arg(long, value_name = "CMD", requires = "key", conflicts_with = "pass_phrase_file")]
    pass_phrase_command: Option<String>,
}

impl PassPhrase {
    pub(crate) fn source(&self) -> Option<PassPhraseSource> {
        PassPhraseSource::of(self.pass_phrase_file.as_ref(), self.pass_phrase_command.as_ref())
    }
}

impl Keys {
    /// Says what is asked for.
    pub(crate) fn say(&self, settings: &mut CertificateSettings) {
        settings.new_key = self.new_key.then_some(true);
        settings.key_type = self.key_type;
        settings.key.clone_from(&self.key);
        settings.pass_phrase_file.clone_from(&self.pass_phrase.pass_phrase_file);
        settings.pass_phrase_command.clone_from(&self.pass_phrase.pass_phrase_command);
        settings.decrypt_key = self.decrypt_key.then_some(true);
        settings.names = (!self.san.is_empty()).then(|| self.san.clone());
    }
}
