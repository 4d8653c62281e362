//! `certgate info`.

use certgate_domain::task::CertificateInfo;
use clap::Args;

use crate::{
    app::App,
    common::exchange::send,
    exit::{Exit, Failure},
};

/// Show a certificate
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  certgate info 571 --sandbox --output json")]
pub(crate) struct Info {
    /// The certificate's id
    #[arg(allow_negative_numbers = true)]
    id: i64,
}

impl Info {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        send(app, &CertificateInfo::new(self.id).into())?;
        Ok(Exit::DONE)
    }
}
