//! Who is told what a run did.

use std::path::PathBuf;

use certgate::estate::NotifyCommand;
use clap::Args;

/// Who is told what a run did.
#[derive(Debug, Clone, Args)]
pub(crate) struct Notify {
    /// Once the run did something or failed to, run this command of the shell: what happened as text on its standard input, as JSON
    /// in the file that CERTGATE_SUMMARY names; CERTGATE_SUBJECT is one line of it. [default: `notify` of the file that apply reads, else of the profile]
    #[arg(long, value_name = "CMD")]
    pub(crate) notify: Option<String>,
    /// Where that command runs, if not in the process's folder.
    #[arg(skip)]
    pub(crate) folder: Option<PathBuf>,
}

impl Notify {
    /// The same, else what the file of declared certificates says.
    pub(crate) fn or(self, file: Option<NotifyCommand>) -> Self {
        match (&self.notify, file) {
            (None, Some(NotifyCommand { command, folder })) => Self { notify: Some(command), folder: Some(folder) },
            _ => self,
        }
    }
}
