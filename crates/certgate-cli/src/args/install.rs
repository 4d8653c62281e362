//! Where a certificate goes, and what is done once it is there: `--out` and what goes with it.

use std::{path::PathBuf, time::Duration};

use certgate::{
    CertificateSettings, InstallOptions, Installation, certificate_settings::Format, config::parse_duration,
    served::TlsEndpoint,
};
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
    /// With a key: how many sets before the one in place are kept for `certgate rollback` [default: 3]
    #[arg(long, value_name = "COUNT")]
    keep: Option<usize>,
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
    /// Run this command of the shell once the files are in place
    ///
    /// It gets the paths of those that are there in CERTGATE_CERT,
    /// CERTGATE_CHAIN, CERTGATE_FULLCHAIN, with a key in CERTGATE_KEY, CERTGATE_COMBINED, CERTGATE_P12 and CERTGATE_JKS; also
    /// CERTGATE_DIR, CERTGATE_NAME, CERTGATE_SERIAL
    #[arg(long, value_name = "CMD")]
    deploy_hook: Option<String>,
    /// The certificate counts as deployed once it is served there: HOST:PORT, smtp://HOST:PORT or imap://HOST:PORT
    #[arg(long, value_name = "ENDPOINT")]
    verify: Vec<TlsEndpoint>,
    /// How long the hook may take [default: 5m]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    hook_timeout: Option<Duration>,
    /// Put the set back that was in place before where the hook fails, and run the hook for that
    #[arg(long)]
    rollback_on_failure: bool,
}

impl Then {
    /// Says what is asked for.
    pub(crate) fn say(&self, settings: &mut CertificateSettings) {
        settings.keep = self.keep;
        let formats = [(self.pkcs12, Format::P12), (self.jks, Format::Jks)];
        let formats: Vec<Format> = formats.into_iter().filter(|(is, _)| *is).map(|(_, format)| format).collect();
        settings.formats = (!formats.is_empty()).then_some(formats);
        settings.store_pass_file.clone_from(&self.store_pass_file);
        settings.store_pass_command.clone_from(&self.store_pass_command);
        settings.file_owner.clone_from(&self.file_owner);
        settings.deploy_hook.clone_from(&self.deploy_hook);
        settings.verify = (!self.verify.is_empty()).then(|| self.verify.clone());
        settings.hook_timeout = self.hook_timeout;
        settings.rollback_on_failure = self.rollback_on_failure.then_some(true);
    }
}

impl Install {
    /// Says what is asked for.
    pub(crate) fn say(&self, settings: &mut CertificateSettings) {
        settings.out.clone_from(&self.out);
        self.then.say(settings);
    }

    /// How the certificate is installed: as is asked for, and otherwise as the one in that folder was; none without a folder.
    ///
    /// # Errors
    /// What is asked for does not go together.
    pub(crate) fn options_or_remembered(&self) -> Result<Option<InstallOptions>, Failure> {
        let mut settings = CertificateSettings::default();
        self.say(&mut settings);
        let Some(folder) = &self.out else { return Ok(settings.install_options()?) };
        let before = Installation::at(folder).record_in_place().and_then(|record| record.settings);
        Ok(Some(settings.given_in(None).or(&before.unwrap_or_default()).installed_into(folder)?))
    }
}
