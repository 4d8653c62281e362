//! `certgate csr`.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use certgate::key::read_key;
use certgate_files::{FileError, WholeFile};
use certgate_keys::{PrivateKey, Subject};
use certgate_x509::CertificateRequest;
use clap::Subcommand;

use crate::{
    app::App,
    args::{certificate_request::NewRequest, key::PassPhrase, ordering::csr_file},
    exit::{Exit, Failure},
    ui::certificate_request,
};

/// Private keys' requests
#[derive(Debug, Subcommand)]
pub(crate) enum Csr {
    /// Make a CSR, with a new key or one that is there
    #[command(after_help = "Examples:
  certgate csr new --name example.com --san www.example.com --country DE --key-out example.com.key --out example.com.csr
  certgate csr new --name example.com --key example.com.key > example.com.csr")]
    New(NewRequest),
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

impl Csr {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        match self {
            Self::New(new) => make(app, new),
            Self::Show { file } => {
                certificate_request::show(app, &read(&file)?);
                Ok(Exit::DONE)
            }
            Self::Check { file, name, key, pass_phrase } => check(app, &file, &name, key.as_deref(), &pass_phrase),
        }
    }
}

fn make(app: &App, new: NewRequest) -> Result<Exit, Failure> {
    let NewRequest {
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
    } = new;
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
    certificate_request::made(app, &request, &text, key_out.as_deref(), out.as_deref());
    Ok(Exit::DONE)
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

fn check(
    app: &App,
    file: &Path,
    names: &[String],
    key: Option<&Path>,
    pass_phrase: &PassPhrase,
) -> Result<Exit, Failure> {
    let request = read(file)?;
    let mut checks = request.checks();
    checks.extend(names.iter().map(|name| request.check_name(name)));
    if let Some(path) = key {
        checks.push(request.check_key(&read_key(path, pass_phrase.source().as_ref())?.spki()));
    }
    Ok(certificate_request::checked(app, &request, &checks))
}

fn read(file: &Path) -> Result<CertificateRequest, Failure> {
    CertificateRequest::read(csr_file(file)?).map_err(|why| Failure::usage(format!("CSR {}: {why}", file.display())))
}
