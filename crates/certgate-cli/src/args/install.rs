//! Where a certificate goes, and what is done once it is there: `--out` and what goes with it.

use std::{path::PathBuf, time::Duration};

use certgate::{InstallOptions, config::parse_duration};
use certgate_store::{DeployHook, KeyStores, PassPhraseSource};
use clap::Args;

use crate::exit::Failure;

/// Where a certificate goes.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Install {
    /// Where cert.pem, chain.pem and fullchain.pem go, and with a key key.pem and combined.pem [default: they are only shown]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    then: Then,
}

/// What is done once a certificate is where it belongs.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Then {
    /// With a key: how many sets before the one in place are kept for `certgate rollback`
    #[arg(long, value_name = "COUNT", default_value_t = 3)]
    keep: usize,
    /// With a key: write bundle.p12 (PKCS#12) too
    #[arg(long)]
    pkcs12: bool,
    /// With a key: write keystore.jks (Java) too
    #[arg(long)]
    jks: bool,
    /// The pass phrase of bundle.p12 and keystore.jks is this file's first line
    #[arg(long, value_name = "FILE")]
    store_pass_file: Option<PathBuf>,
    /// The pass phrase of bundle.p12 and keystore.jks is the first line that this command of the shell prints
    #[arg(long, value_name = "CMD", conflicts_with = "store_pass_file")]
    store_pass_command: Option<String>,
    /// Give the files to this user, and group; --out may belong to that user then [default: as those in place]
    #[arg(long, value_name = "USER[:GROUP]")]
    file_owner: Option<String>,
    /// Run this command of the shell once the files are in place. It gets the paths of those that are there in CERTGATE_CERT,
    /// CERTGATE_CHAIN, CERTGATE_FULLCHAIN, with a key in CERTGATE_KEY, CERTGATE_COMBINED, CERTGATE_P12 and CERTGATE_JKS; also
    /// CERTGATE_DIR, CERTGATE_NAME, CERTGATE_SERIAL
    #[arg(long, value_name = "CMD")]
    deploy_hook: Option<String>,
    /// How long the hook may take
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = parse_duration)]
    hook_timeout: Duration,
    /// Put the set back that was in place before where the hook fails, and run the hook for that
    #[arg(long, requires = "deploy_hook")]
    rollback_on_failure: bool,
}

impl Then {
    /// Whether a hook or further files are asked for.
    pub(crate) fn asks_for_something(&self) -> bool {
        self.deploy_hook.is_some() || self.pkcs12 || self.jks || self.file_owner.is_some()
    }

    /// The options for a certificate in that folder.
    pub(crate) fn options(&self, folder: PathBuf) -> InstallOptions {
        let mut options = InstallOptions::into_folder(folder);
        options.keep = self.keep;
        options.key_stores = (self.pkcs12 || self.jks).then(|| KeyStores {
            pkcs12: self.pkcs12,
            jks: self.jks,
            pass_phrase: match (&self.store_pass_file, &self.store_pass_command) {
                (Some(file), _) => Some(PassPhraseSource::File(file.clone())),
                (None, command) => command.clone().map(PassPhraseSource::Command),
            },
        });
        options.hook = self.deploy_hook.clone().map(|command| DeployHook {
            command,
            timeout: self.hook_timeout,
            rollback: self.rollback_on_failure,
        });
        options.file_owner.clone_from(&self.file_owner);
        options
    }
}

impl Install {
    /// The options that are asked for; none where the certificate is only shown.
    ///
    /// # Errors
    /// Something is asked for that goes with files in place.
    pub(crate) fn options(&self) -> Result<Option<InstallOptions>, Failure> {
        match &self.out {
            Some(folder) => Ok(Some(self.then.options(folder.clone()))),
            None if self.then.asks_for_something() => Err(Failure::usage(
                "--deploy-hook, --pkcs12, --jks and --file-owner go with files that are in place: give --out too",
            )),
            None => Ok(None),
        }
    }
}
