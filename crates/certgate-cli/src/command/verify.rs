//! `certgate verify`.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use certgate::{
    CertificateSelector, Installation,
    config::parse_duration,
    newest,
    served::{TlsEndpoint, Verification},
};
use certgate_x509::Issued;
use clap::Args;

use crate::{
    app::{App, Connection},
    exit::{Exit, Failure},
    ui::{command_line::options, verification},
};

/// Look whether what is served is what is installed
///
/// Exit 10 where it is not, 5 where nobody answers.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate verify /etc/certificates/example.com
  certgate verify example.com:443
  certgate verify smtp://mail.example.com:25 \\
    --installed /etc/certificates/mail.example.com

The handshake trusts whatever comes, for it only looks. What a client would refuse (a name, a date, a chain that is cut short) is \
said, and exit 10 too; whether a client knows the root is not looked at.")]
pub(crate) struct Verify {
    /// The server, TLS at once or by STARTTLS: HOST:PORT, smtp://HOST:PORT, imap://HOST:PORT. Or the folder of a certificate, which
    /// is looked for where it is remembered to be served, else at its name, port 443
    #[arg(value_name = "HOST:PORT|DIR")]
    target: String,
    /// Compare with the certificate in this folder [default: the gateway's newest of that name; of a folder the one in it]
    #[arg(long, value_name = "DIR", conflicts_with = "certificate")]
    installed: Option<PathBuf>,
    /// Compare with the gateway's newest certificate of this id or name
    #[arg(long, value_name = "ID|NAME")]
    certificate: Option<CertificateSelector>,
    /// Ask the server for this name [default: HOST where the certificate is valid for it, else the certificate's first name]
    #[arg(long)]
    name: Option<String>,
    /// How long a look may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_duration)]
    timeout: Duration,
}

impl Verify {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let folder = Path::new(&self.target);
        let (endpoints, expected) = match folder.is_dir() {
            true => {
                let there = installed(folder)?;
                let endpoints = Installation::at(folder).endpoints_or_name(&there.certificate);
                if endpoints.is_empty() {
                    let text = format!("{}: its certificate names no host: give HOST:PORT", folder.display());
                    return Err(Failure::usage(text));
                }
                let expected = match (&self.installed, &self.certificate) {
                    (Some(other), _) => installed(other)?,
                    (None, Some(certificate)) => newest_of(app, certificate)?,
                    (None, None) => there,
                };
                (endpoints, expected)
            }
            false => {
                let unknown = |why| Failure::usage(format!("{why}, or a folder that is there"));
                let endpoint: TlsEndpoint = self.target.parse().map_err(unknown)?;
                let at_gateway = || self.at_gateway(app, &endpoint);
                let expected = self.installed.as_deref().map_or_else(at_gateway, installed)?;
                (vec![endpoint], expected)
            }
        };
        let name = self.name.as_deref();
        let look = |endpoint| Verification::of(endpoint, name, &expected, self.timeout, app.now());
        verification::print(app, &endpoints.iter().map(look).collect::<Vec<_>>())
    }

    fn at_gateway(&self, app: &App, endpoint: &TlsEndpoint) -> Result<Issued, Failure> {
        let named = || CertificateSelector::Name(self.name.clone().unwrap_or_else(|| endpoint.host.clone()));
        newest_of(app, &self.certificate.clone().unwrap_or_else(named))
    }
}

/// What the gateway has of that certificate.
fn newest_of(app: &App, certificate: &CertificateSelector) -> Result<Issued, Failure> {
    let mut connection = Connection::open(app, None)?;
    let id = certificate.find(&mut connection.client)?;
    let options = options(&app.settings()?);
    newest(&mut connection.client, id, app.now()).map_err(|why| Failure::of_fetch(why, &options))
}

fn installed(folder: &Path) -> Result<Issued, Failure> {
    let nothing = || Failure::usage(format!("{}: no certificate is installed there", folder.display()));
    Installation::at(folder).issued().ok_or_else(nothing)
}
