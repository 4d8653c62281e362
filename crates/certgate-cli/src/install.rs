//! Where a certificate goes, and what is done once it is there.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use certgate::{Files, Installation, Kind, process, written_files};
use certgate_domain::Secret;
use certgate_keys::{PrivateKey, StorePassPhrase};
use certgate_store::{DeployHook, InstallOptions, KeyStores, PassPhraseSource};
use certgate_x509::{CertificateRequest, Issued, X509};
use clap::Args;
use serde_json::{Map, Value, json};

use crate::{command::order::duration, exit::Failure, keys::pass_phrase, report::shell_word};

/// Where a certificate goes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Install {
    /// Where cert.pem, chain.pem and fullchain.pem go, and with a key key.pem and combined.pem [default: they are only shown]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) then: Then,
}

/// What is done once a certificate is where it belongs.
#[derive(Debug, Clone, Args)]
pub(crate) struct Then {
    /// With a key: how many sets before the one in place are kept for `certgate rollback`
    #[arg(long, value_name = "COUNT", default_value_t = KEEP)]
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
    /// Run this command of the shell once the files are in place. It gets the paths of those that are there in CERTGATE_CERT,
    /// CERTGATE_CHAIN, CERTGATE_FULLCHAIN, with a key in CERTGATE_KEY, CERTGATE_COMBINED, CERTGATE_P12 and CERTGATE_JKS; also
    /// CERTGATE_DIR, CERTGATE_NAME, CERTGATE_SERIAL
    #[arg(long, value_name = "CMD")]
    deploy_hook: Option<String>,
    /// How long the hook may take
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    hook_timeout: Duration,
    /// Put the set back that was in place before where the hook fails, and run the hook for that
    #[arg(long, requires = "deploy_hook")]
    rollback_on_failure: bool,
}

const KEEP: usize = 3;
const HOOK: Duration = Duration::from_secs(300);

/// What was put in place.
pub(crate) struct Put {
    /// Its paths, by what they are.
    pub(crate) files: Value,
    pub(crate) unchanged: bool,
    /// What came of the hook, where there is one.
    pub(crate) hook: Option<Result<(), String>>,
}

impl Default for Then {
    fn default() -> Self {
        Self {
            keep: KEEP,
            pkcs12: false,
            jks: false,
            store_pass_file: None,
            store_pass_command: None,
            deploy_hook: None,
            hook_timeout: HOOK,
            rollback_on_failure: false,
        }
    }
}

impl Then {
    /// The encrypted files that are asked for, with their pass phrase.
    fn stores(&self) -> Result<Option<StorePassPhrase>, Failure> {
        if !self.pkcs12 && !self.jks {
            return Ok(None);
        }
        let read =
            pass_phrase(self.store_pass_file.as_deref(), self.store_pass_command.as_deref(), "--store-pass-command")?;
        let missing =
            || Failure::usage("--pkcs12 and --jks are encrypted: give --store-pass-file or --store-pass-command");
        let usable = |why: certgate_keys::KeyError| Failure::usage(why.to_string());
        Ok(Some(StorePassPhrase::new(read.ok_or_else(missing)?).map_err(usable)?))
    }

    /// The encrypted files for a certificate.
    fn encrypted(&self, issued: &Issued, key: &Secret, name: &str) -> Result<Vec<(&'static str, Vec<u8>)>, Failure> {
        let Some(pass_phrase) = self.stores()? else { return Ok(Vec::new()) };
        let made = |why: certgate_keys::KeyError| Failure::usage(why.to_string());
        let key = PrivateKey::from_pem(key.expose(), None).map_err(made)?;
        let mut certificates = vec![issued.certificate.der()];
        certificates.extend(issued.chain.iter().map(certgate_x509::X509::der));
        let mut files = Vec::new();
        if self.pkcs12 {
            files.push(("p12", key.pkcs12(&certificates, name, &pass_phrase).map_err(made)?));
        }
        if self.jks {
            files.push(("jks", key.jks(&certificates, name, &pass_phrase, SystemTime::now()).map_err(made)?));
        }
        Ok(files)
    }
}

impl Then {
    /// Whether a hook or further files are asked for.
    pub(crate) fn asks_for_something(&self) -> bool {
        self.deploy_hook.is_some() || self.pkcs12 || self.jks
    }
}

impl Install {
    /// Into that folder, as `--out DIR` alone does.
    pub(crate) fn into(out: Option<PathBuf>) -> Self {
        Self { out, then: Then::default() }
    }

    /// What can be known to go wrong before anything is ordered.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match &self.out {
            None if self.then.asks_for_something() => {
                Err(Failure::usage("--deploy-hook, --pkcs12 and --jks go with files that are in place: give --out too"))
            }
            None => Ok(()),
            Some(folder) => {
                self.keeps_stores(folder)?;
                // A pass phrase that is missing or cannot be used is found now, and not when the order is out.
                self.then.stores()?;
                fs::create_dir_all(folder)
                    .and_then(|()| tempfile::tempfile_in(folder).map(drop))
                    .map_err(|why| Failure::usage(format!("--out {}: cannot be written: {why}", folder.display())))
            }
        }
    }

    /// Whether there is a key for what is made of it; `given`: one comes with the order.
    pub(crate) fn check_key(&self, given: bool) -> Result<(), Failure> {
        match &self.out {
            Some(folder) if !given && Installation::at(folder).keys()?.is_empty() => self.without_key(folder),
            _ => Ok(()),
        }
    }

    /// Whether the certificate for that CSR can go where it is to go.
    pub(crate) fn check_request(&self, request: &CertificateRequest) -> Result<(), Failure> {
        let Some(folder) = &self.out else { return Ok(()) };
        key_for(&Installation::at(folder), &request.key.spki).map(drop).map_err(|failure| failure.of_kind(Kind::Usage))
    }

    fn without_key(&self, folder: &Path) -> Result<(), Failure> {
        if !self.then.pkcs12 && !self.then.jks {
            return Ok(());
        }
        let folder = folder.display();
        Err(Failure::usage(format!(
            "--pkcs12 and --jks hold the key, and {folder} has none: order with --new-key or --key"
        )))
    }

    /// What the store keeps of this, to carry on with.
    pub(crate) fn carried(&self) -> Option<InstallOptions> {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let then = &self.then;
        let mut carried = InstallOptions::into_folder(absolute(self.out.as_deref()?));
        carried.keep = then.keep;
        carried.key_stores = (then.pkcs12 || then.jks).then(|| KeyStores {
            pkcs12: then.pkcs12,
            jks: then.jks,
            pass_phrase: match (&then.store_pass_file, &then.store_pass_command) {
                (Some(file), _) => Some(PassPhraseSource::File(absolute(file))),
                (None, command) => command.clone().map(PassPhraseSource::Command),
            },
        });
        carried.hook = then.deploy_hook.clone().map(|command| DeployHook {
            command,
            timeout: then.hook_timeout,
            rollback: then.rollback_on_failure,
        });
        // Where its commands are meant to be run; a later run may stand elsewhere.
        carried.working_folder = std::env::current_dir().unwrap_or_else(|_| ".".into());
        Some(carried)
    }

    /// What an earlier run was asked for; what this one is asked for goes before.
    pub(crate) fn or_carried(&self, carried: Option<&InstallOptions>) -> Self {
        let Some(carried) = carried.filter(|_| self.out.is_none()) else { return self.clone() };
        let folder = carried.working_folder.display().to_string();
        let there = |command: String| format!("cd {} && {{ {command}\n}}", shell_word(&folder));
        let (file, command) = match carried.key_stores.as_ref().and_then(|stores| stores.pass_phrase.clone()) {
            Some(PassPhraseSource::File(file)) => (Some(file), None),
            Some(PassPhraseSource::Command(command)) => (None, Some(there(command))),
            None => (None, None),
        };
        let hook = carried.hook.as_ref();
        let then = Then {
            keep: carried.keep,
            pkcs12: carried.key_stores.as_ref().is_some_and(|stores| stores.pkcs12),
            jks: carried.key_stores.as_ref().is_some_and(|stores| stores.jks),
            store_pass_file: file,
            store_pass_command: command,
            deploy_hook: hook.map(|hook| there(hook.command.clone())),
            hook_timeout: hook.map_or(HOOK, |hook| hook.timeout),
            rollback_on_failure: hook.is_some_and(|hook| hook.rollback),
        };
        Self { out: Some(carried.folder.clone()), then }
    }

    /// Puts a certificate where it goes; with the key that waits for it, where there is one.
    pub(crate) fn put(&self, issued: &Issued, name: &str, certificate: Option<i64>) -> Result<Option<Put>, Failure> {
        let Some(folder) = &self.out else { return Ok(None) };
        let place = Installation::at(folder);
        let (files, unchanged) = match key_for(&place, &issued.certificate.key.spki)? {
            Some(key) => {
                let mut about = json!({ "name": name, "serial": issued.certificate.serial });
                if let Some(certificate) = certificate {
                    about["certificate"] = json!(certificate);
                }
                self.keeps_stores(folder)?;
                let stores = self.then.encrypted(issued, &key, name)?;
                let unchanged = place.install(issued, &key, &stores, &format!("{about:#}\n"))?;
                (paths(&place), unchanged)
            }
            None => {
                self.without_key(folder)?;
                let Files { cert, chain, fullchain, unchanged } = written_files(folder, issued)?;
                (json!({ "cert": cert, "chain": chain, "fullchain": fullchain }), unchanged)
            }
        };
        let hook = self.then.deploy_hook.as_ref().map(|hook| {
            let deployed = Deployed { folder, name, serial: Some(&issued.certificate.serial), files: &files };
            self.then.deploy(hook, &place, &deployed)
        });
        // What a hook turned down may have to be taken back: nothing that it can be taken back to goes before.
        if !matches!(hook, Some(Err(_))) {
            place.prune(self.then.keep)?;
        }
        Ok(Some(Put { files, unchanged, hook }))
    }

    /// Servers may be set up with the encrypted files in place: no set without them takes their place.
    fn keeps_stores(&self, folder: &Path) -> Result<(), Failure> {
        for (kind, path) in Installation::at(folder).files() {
            let option = match kind {
                "p12" if !self.then.pkcs12 => "--pkcs12",
                "jks" if !self.then.jks => "--jks",
                _ => continue,
            };
            let path = path.display();
            return Err(Failure::usage(format!(
                "{path} is in place, and would be without this certificate: give {option}, or remove {path} if nobody needs it"
            )));
        }
        Ok(())
    }
}

/// What a hook is told of.
#[derive(Clone, Copy)]
struct Deployed<'a> {
    folder: &'a Path,
    name: &'a str,
    serial: Option<&'a str>,
    /// Paths by what they are.
    files: &'a Value,
}

impl Then {
    fn deploy(&self, hook: &str, place: &Installation, deployed: &Deployed<'_>) -> Result<(), String> {
        let run = |deployed: &Deployed<'_>| run_hook(hook, self.hook_timeout, deployed);
        let Err(why) = run(deployed) else { return Ok(()) };
        if !self.rollback_on_failure {
            return Err(format!("{why}; the new files are in place"));
        }
        match place.rollback() {
            Ok(Some(set)) => {
                let back = format!("{why}; {} is in place again", set.display());
                let certificate = place.certificate().ok().flatten().and_then(|text| X509::from_pem(&text).ok());
                let serial = certificate.as_ref().map(|certificate| certificate.serial.as_str());
                match run(&Deployed { serial, files: &paths(place), ..*deployed }) {
                    Ok(()) => Err(back),
                    Err(why) => Err(format!("{back}, and the hook failed for it as well: {why}")),
                }
            }
            Ok(None) => Err(format!("{why}; there is no set before to put back")),
            Err(error) => Err(format!("{why}; the set before could not be put back: {error}")),
        }
    }
}

/// The paths of what is in place, by what they are.
fn paths(place: &Installation) -> Value {
    place.files().into_iter().map(|(kind, path)| (kind.to_owned(), json!(path))).collect::<Map<_, _>>().into()
}

/// The key of a certificate: the one that waits for it, that in place, or that of a set that was taken back.
fn key_for(place: &Installation, spki: &[u8]) -> Result<Option<Secret>, Failure> {
    for key in place.keys()? {
        let fits = PrivateKey::from_pem(key.expose(), None).is_ok_and(|key| key.spki() == spki);
        if fits {
            return Ok(Some(key));
        }
    }
    // Without its key it may not take the place of a pair.
    if place.key()?.is_some() {
        return Err(Failure::new(
            Kind::CheckFailed,
            "the folder holds another key than the certificate's: give another --out, or order with --new-key or --key",
        ));
    }
    Ok(None)
}

/// Runs a hook to its end or its time's.
fn run_hook(hook: &str, timeout: Duration, deployed: &Deployed<'_>) -> Result<(), String> {
    let Deployed { folder, name, serial, files } = deployed;
    let mut command = process::doing(hook);
    command.env("CERTGATE_DIR", folder).env("CERTGATE_NAME", name);
    if let Some(serial) = serial {
        command.env("CERTGATE_SERIAL", serial);
    }
    for (kind, path) in files.as_object().into_iter().flatten() {
        if let Some(path) = path.as_str() {
            command.env(format!("CERTGATE_{}", kind.to_uppercase()), path);
        }
    }
    match process::run(command, Vec::new(), timeout) {
        Ok((status, _)) if status.success() => Ok(()),
        Ok((status, _)) => Err(format!("the deploy hook failed: {status}")),
        Err(why) => Err(format!("the deploy hook {why}")),
    }
}
