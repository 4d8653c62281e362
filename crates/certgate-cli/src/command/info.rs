//! `certgate info`.

use certgate::CertificateSelector;
use certgate_domain::task::CertificateInfo;
use clap::Args;

use crate::{
    app::{App, Connection},
    common::exchange::send_over,
    exit::{Exit, Failure},
};

/// Show a certificate (task 400104)
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  certgate info 571 --sandbox --output json\n  certgate info example.com --sandbox")]
pub(crate) struct Info {
    /// The certificate's id, or its name where only one has it
    #[arg(value_name = "ID|NAME", allow_negative_numbers = true)]
    certificate: CertificateSelector,
}

impl Info {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let mut connection = Connection::open(app, None)?;
        let id = self.certificate.find(&mut connection.client)?;
        send_over(app, &mut connection, &CertificateInfo::new(id).into())?;
        Ok(Exit::DONE)
    }
}
