//! What a run of a command is remembered by: when it ended, how, and what it sent.

use std::sync::{Arc, OnceLock};

use certgate::{Error, Journal, monitoring::RequestMeter};

use crate::exit::Kind;

/// Collects what is recorded of a run. Its clones are the same run's.
#[derive(Clone, Default)]
pub(crate) struct RunRecord {
    journal: Arc<OnceLock<Journal>>,
    pub(crate) meter: RequestMeter,
}

impl RunRecord {
    /// The command used the store: it is remembered there.
    pub(crate) fn used(&self, journal: &Journal) {
        let _ = self.journal.set(journal.clone());
    }

    /// Writes the run into the store that the command used, if it did.
    pub(crate) fn record(&self, command: &str, exit_code: u8) -> Result<(), Error> {
        let Some(journal) = self.journal.get() else { return Ok(()) };
        let is_success = exit_code == 0 || exit_code == Kind::Unchanged.exit_code();
        journal.record_run(command, exit_code, is_success, &self.meter.take())
    }
}

impl std::fmt::Debug for RunRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RunRecord")
    }
}
