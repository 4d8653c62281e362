//! `certgate revoke`.

use certgate::{CertificateSelector, Installation, inventory::known};
use certgate_domain::{AnyTask, Certificate, task::CertificateRevoke};
use clap::Args;

use crate::{
    app::{App, Connection},
    common::{exchange::exchange_over, rehearsal::show_requests},
    exit::{Exit, Failure},
    streams::say,
    ui::{confirm::ask, document},
};

/// Revoke an earlier certificate of an order
///
/// It is named by its serial number: reissue first, and revoke what was in place before.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  certgate revoke 571 --serial 0a1b2c --yes")]
pub(crate) struct Revoke {
    /// The certificate's id, or its name where only one has it
    #[arg(value_name = "ID|NAME")]
    certificate: CertificateSelector,
    /// The serial number of the certificate to revoke, hexadecimal; `certgate info ID` lists them under histories
    #[arg(long, value_name = "SERIAL")]
    serial: String,
    /// Do it without asking
    #[arg(short, long)]
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
        if !self.dry_run {
            let what = format!("Revoke {} of certificate {}?", self.serial, self.certificate);
            ask(self.yes, &format!("{what} It cannot be undone."))?;
        }
        let mut connection = Connection::open(app, None)?;
        let id = Some(self.certificate.find(&mut connection.client)?);
        let certificate = Certificate { id, serial_number: Some(serial.clone()), ..Certificate::default() };
        let task = AnyTask::from(CertificateRevoke { certificate });
        if self.dry_run {
            show_requests(app, &connection.client, &[task]);
            return Ok(Exit::DONE);
        }
        let folders = known(&app.settings()?.certificates.value, &connection.journal()?, app.now())?;
        let exchange = exchange_over(app, &mut connection, &task)?;
        for folder in folders {
            if let Err(why) = Installation::at(&folder).note_revocation(&serial, app.now()) {
                say(&format!("certgate: warning: {why}: a rollback to it is not refused there"));
            }
        }
        document::done(app, &exchange, &format!("revoked: {}", self.serial))?;
        Ok(Exit::DONE)
    }
}
