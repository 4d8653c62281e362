//! `certgate info`.

use certgate_domain::task::CertificateInfo;
use clap::Args;

use crate::{args::Global, command::call::send, exit::Failure};

/// Show a certificate
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  certgate info 571 --sandbox --output json")]
pub(crate) struct Info {
    /// The certificate's id
    #[arg(allow_negative_numbers = true)]
    id: i64,
}

impl Info {
    pub(crate) fn run(self, global: &Global) -> Result<u8, Failure> {
        send(global, &CertificateInfo::new(self.id).into())?;
        Ok(0)
    }
}
