//! Who is told what a run did.

use clap::Args;

/// Who is told what a run did.
#[derive(Debug, Args)]
pub(crate) struct Notify {
    /// Once the run did something or failed to, run this command of the shell: what happened as text on its standard input, as JSON
    /// in the file that CERTGATE_SUMMARY names; CERTGATE_SUBJECT is one line of it. [default: the profile's `notify`]
    #[arg(long, value_name = "CMD")]
    pub(crate) notify: Option<String>,
}
