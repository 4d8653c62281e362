//! `certgate csr`.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use certgate::key::read_key;
use certgate_files::{FileError, WholeFile};
use certgate_keys::{KeyType, PrivateKey, Subject};
use certgate_x509::{CertificateRequest, Check};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    app::App,
    args::{
        key::{PassPhrase, key_type},
        ordering::csr_file,
    },
    exit::{Exit, Failure, Kind},
    streams::printable,
    ui::document,
};

/// Private keys' requests
#[derive(Debug, Subcommand)]
pub(crate) enum Csr {
    /// Make a CSR, with a new key or one that is there
    #[command(after_help = "Examples:
  certgate csr new --name example.com --san www.example.com --country DE --key-out example.com.key --out example.com.csr
  certgate csr new --name example.com --key example.com.key > example.com.csr")]
    New(New),
    /// Show a CSR: subject, names, key, signature
    #[command(after_help = "Example:\n  certgate csr show example.com.csr --output json")]
    Show {
        /// The CSR, PEM; - for standard input
        file: PathBuf,
    },
    /// Check a CSR: that it can be ordered with, fits a name and a key (exit 10 where it does not)
    #[command(after_help = "Example:\n  certgate csr check example.com.csr --name example.com --key example.com.key")]
    Check {
        /// The CSR, PEM; - for standard input
        file: PathBuf,
        /// A name that it must ask for
        #[arg(long, value_name = "NAME")]
        name: Vec<String>,
        /// The key that it must be made with
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        #[command(flatten)]
        pass_phrase: PassPhrase,
    },
}

#[derive(Debug, Args)]
pub(crate) struct New {
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
    #[arg(long, value_name = "KIND", value_parser = key_type, default_value = "p256", conflicts_with = "key")]
    key_type: KeyType,
    /// Write the CSR into this file, which may not be there yet [default: it is shown]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Csr {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        match self {
            Self::New(new) => new.run(app),
            Self::Show { file } => {
                show(app, &read(&file)?);
                Ok(Exit::DONE)
            }
            Self::Check { file, name, key, pass_phrase } => check(app, &file, &name, key.as_deref(), &pass_phrase),
        }
    }
}

impl New {
    fn run(self, app: &App) -> Result<Exit, Failure> {
        let Self {
            name,
            san,
            organization,
            organization_unit,
            city,
            state,
            country,
            key,
            pass_phrase,
            key_out,
            key_type,
            out,
        } = self;
        // All of it is found before a key is made that nobody would know what to do with.
        [&key_out, &out].into_iter().flatten().try_for_each(|path| match fs::symlink_metadata(path) {
            Ok(_) => Err(there_already(path)),
            Err(_) => Ok(()),
        })?;
        let key = match &key {
            Some(path) => read_key(path, pass_phrase.source().as_ref())?,
            None => PrivateKey::generate(key_type).map_err(|why| Failure::usage(why.to_string()))?,
        };
        let names: Vec<String> = std::iter::once(name.clone()).chain(san).collect();
        let subject = Subject { common_name: name, organization, organization_unit, city, state, country };
        let text = key.request(&subject, &names).map_err(|why| Failure::usage(why.to_string()))?;
        let request = CertificateRequest::from_pem(&text).map_err(|why| Failure::usage(why.to_string()))?;
        if let Some(path) = &key_out {
            write(path, key.to_pem().expose(), 0o600)?;
        }
        if let Some(path) = &out {
            write(path, &text, 0o644)?;
        }
        if app.json() {
            let mut document = json!({ "schema": 1, "request": facts(&request), "csr": text });
            for (name, path) in [("keyFile", &key_out), ("file", &out)] {
                if let Some(path) = path {
                    document[name] = json!(path);
                }
            }
            app.stdout.print(&document);
        } else {
            match &out {
                Some(path) => app.stdout.line(&printable(&path.display().to_string())),
                None => app.stdout.line(text.trim_end()),
            }
        }
        Ok(Exit::DONE)
    }
}

/// Writes a file that may not be there, and syncs it.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let written = WholeFile::beside(path, text.as_bytes(), mode).and_then(WholeFile::create);
    written.map_err(|why| match why {
        FileError::Io { source, .. } if source.kind() == ErrorKind::AlreadyExists => there_already(path),
        why => why.into(),
    })
}

fn there_already(path: &Path) -> Failure {
    Failure::usage(format!("{}: it is there already; give a new file's name", path.display()))
}

/// What a request says, by the JSON API's names where it has them.
fn facts(request: &CertificateRequest) -> Value {
    let names: Vec<String> = request.names.iter().map(ToString::to_string).collect();
    let mut facts = json!({ "names": names, "key": request.key.to_string(), "keySize": request.key.bits });
    if request.subject.attributes().next().is_some() {
        facts["subject"] = json!(request.subject.to_string());
    }
    let texts = [
        ("name", &request.common_name),
        ("organization", &request.organization),
        ("organizationUnit", &request.organization_unit),
        ("city", &request.city),
        ("state", &request.state),
        ("countryCode", &request.country),
        ("email", &request.email),
        ("signatureHashAlgorithm", &request.signature_hash),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            facts[name] = json!(value);
        }
    }
    facts
}

fn show(app: &App, request: &CertificateRequest) {
    if app.json() {
        app.stdout.print(&json!({ "schema": 1, "request": facts(request) }));
    } else {
        document::text(app, &facts(request));
    }
}

fn check(
    app: &App,
    file: &Path,
    names: &[String],
    key: Option<&Path>,
    pass_phrase: &PassPhrase,
) -> Result<Exit, Failure> {
    let request = read(file)?;
    let mut checks = request.checks();
    for name in names {
        let found = || {
            let names = request.names.iter().map(ToString::to_string);
            names.chain(request.common_name.clone().filter(|_| request.names.is_empty())).collect::<Vec<_>>().join(", ")
        };
        let asked = request.asks_for(name);
        checks.push(Check::of(
            "name",
            asked,
            if asked { name.clone() } else { format!("found {}; expected {name}", found()) },
        ));
    }
    if let Some(path) = key {
        let fits = read_key(path, pass_phrase.source().as_ref())?.spki() == request.key.spki;
        let detail = if fits { "it is made with the key" } else { "it is made with another key" };
        checks.push(Check::of("key", fits, detail));
    }
    Ok(checked(app, &request, &checks))
}

fn read(file: &Path) -> Result<CertificateRequest, Failure> {
    CertificateRequest::read(csr_file(file)?).map_err(|why| Failure::usage(format!("CSR {}: {why}", file.display())))
}

/// Shows what came of checks; gives the exit code.
fn checked(app: &App, request: &CertificateRequest, checks: &[Check]) -> Exit {
    document::say_unchecked(checks);
    if app.json() {
        app.stdout.print(&json!({ "schema": 1, "checks": document::checks(checks), "request": facts(request) }));
    } else {
        for Check { name, ok, detail, .. } in checks {
            app.stdout.line(&document::check(*ok, &format!("{name}: {detail}")));
        }
    }
    if checks.iter().all(|check| check.ok) { Exit::DONE } else { Kind::CheckFailed.into() }
}
