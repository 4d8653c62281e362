//! `certgate csr`.

use std::path::{Path, PathBuf};

use certgate::key::{KeySourceError, NewRequest, read_key};
use clap::Subcommand;

use crate::{
    app::App,
    args::{certificate_request::NewRequestArgs, key::PassPhrase, ordering::csr_file},
    exit::{Exit, Failure},
    ui::certificate_request,
};

/// Private keys' requests
#[derive(Debug, Subcommand)]
pub(crate) enum Csr {
    /// Make a CSR, with a new key or one that is there
    #[command(after_help = "Examples:
  certgate csr new --name example.com --san www.example.com --country DE \\
    --key-out example.com.key --out example.com.csr
  certgate csr new --name example.com --key example.com.key > example.com.csr")]
    New(NewRequestArgs),
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
            Self::New(new) => make(app, &new.into()),
            Self::Show { file } => {
                certificate_request::show(app, &csr_file(&file)?);
                Ok(Exit::DONE)
            }
            Self::Check { file, name, key, pass_phrase } => check(app, &file, &name, key.as_deref(), &pass_phrase),
        }
    }
}

fn make(app: &App, new: &NewRequest) -> Result<Exit, Failure> {
    let (text, request) = new.make().map_err(|why| match why {
        KeySourceError::Folder(why) => Failure::unwritten(&why),
        why => why.into(),
    })?;
    certificate_request::made(app, &request, &text, new.key.new_file(), new.file.as_deref());
    Ok(Exit::DONE)
}

fn check(
    app: &App,
    file: &Path,
    names: &[String],
    key: Option<&Path>,
    pass_phrase: &PassPhrase,
) -> Result<Exit, Failure> {
    let request = csr_file(file)?;
    let mut checks = request.checks();
    checks.extend(names.iter().map(|name| request.check_name(name)));
    if let Some(path) = key {
        checks.push(request.check_key(&read_key(path, pass_phrase.source().as_ref())?.spki()));
    }
    Ok(certificate_request::checked(app, &request, &checks))
}
