//! `certgate revoke`.

use certgate_domain::{AnyTask, Certificate, task::CertificateRevoke};
use clap::Args;

use crate::{
    app::{App, Connection},
    common::{exchange::exchange, order::show_requests},
    exit::{Exit, Failure},
    ui::{confirm::ask, document},
};

/// Revoke an earlier certificate of an order by its serial number: reissue first
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  certgate revoke 571 --serial 0a1b2c --yes")]
pub(crate) struct Revoke {
    /// The certificate's id
    id: i64,
    /// The serial number of the certificate to revoke, hexadecimal; `certgate info ID` lists them under histories
    #[arg(long, value_name = "SERIAL")]
    serial: String,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
    /// Show the request and revoke nothing
    #[arg(long)]
    dry_run: bool,
}

impl Revoke {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let serial = self.serial.replace(':', "");
        if serial.is_empty() || !serial.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Failure::usage(format!("--serial `{}`: expected hexadecimal digits", self.serial)));
        }
        let certificate = Certificate { id: Some(self.id), serial_number: Some(serial), ..Certificate::default() };
        let task = AnyTask::from(CertificateRevoke { certificate });
        if self.dry_run {
            let connection = Connection::open(app, None)?;
            show_requests(app, &connection.client, &[task], &[]);
            return Ok(Exit::DONE);
        }
        ask(self.yes, &format!("Revoke {} of certificate {}? It cannot be undone.", self.serial, self.id))?;
        let exchange = exchange(app, &task)?;
        document::done(app, &exchange, &format!("revoked: {}", self.serial))?;
        Ok(Exit::DONE)
    }
}
