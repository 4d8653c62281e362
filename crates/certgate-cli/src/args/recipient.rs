//! Who takes messages of others from the account's queue: `--to`, `--exec`.

use std::path::PathBuf;

use certgate::queue::Recipient;
use clap::Args;

use crate::exit::Failure;

/// Where messages of others go.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct RecipientArgs {
    /// Into this folder: one file a message
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// To this command of the shell: the message as JSON on its standard input; its ids and kind in CERTGATE_MESSAGE_ID,
    /// CERTGATE_STABLE_ID, CERTGATE_KIND, CERTGATE_JOB, CERTGATE_STID. One that fails, or takes ten minutes, keeps the message
    #[arg(long, value_name = "CMD")]
    exec: Option<String>,
}

impl RecipientArgs {
    /// Who takes them.
    pub(crate) fn recipient(self) -> Result<Recipient, Failure> {
        let folder = self.to.map(Recipient::Folder);
        let recipient = folder.or(self.exec.map(Recipient::Command));
        recipient.ok_or_else(|| Failure::usage("give --to DIR or --exec CMD"))
    }
}
