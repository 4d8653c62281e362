//! What a run of a command is remembered by: when it ended, how, and what it sent.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use certgate::{Error, Journal, monitoring::RequestMeter};

use crate::exit::Kind;

/// Collects what is recorded of a run at the account of each profile. Its clones are the same run's.
#[derive(Clone, Default)]
pub(crate) struct RunRecord(Arc<Mutex<BTreeMap<String, AtAccount>>>);

#[derive(Default)]
struct AtAccount {
    /// Its store, where the command used that.
    journal: Option<Journal>,
    meter: RequestMeter,
}

impl RunRecord {
    /// What counts the tasks at a profile's account.
    pub(crate) fn meter(&self, profile: &str) -> RequestMeter {
        self.accounts().entry(profile.to_owned()).or_default().meter.clone()
    }

    /// The command used the store of a profile's account: it is remembered there.
    pub(crate) fn used(&self, profile: &str, journal: &Journal) {
        self.accounts().entry(profile.to_owned()).or_default().journal.get_or_insert_with(|| journal.clone());
    }

    /// The profiles whose accounts' stores the command used.
    pub(crate) fn profiles(&self) -> Vec<String> {
        let accounts = self.accounts();
        accounts.iter().filter(|(_, account)| account.journal.is_some()).map(|(name, _)| name.clone()).collect()
    }

    /// Writes the run into each store that the command used. One that cannot be written does not keep it out of the others.
    pub(crate) fn record(&self, command: &str, exit_code: u8) -> Result<(), Error> {
        let is_success = exit_code == 0 || exit_code == Kind::Unchanged.exit_code();
        let accounts = self.accounts();
        let used = accounts.values().filter_map(|AtAccount { journal, meter }| Some((journal.as_ref()?, meter)));
        let record = |(journal, meter): (&Journal, &RequestMeter)| {
            journal.record_run(command, exit_code, is_success, &meter.take())
        };
        used.map(record).fold(Ok(()), Result::and)
    }

    fn accounts(&self) -> MutexGuard<'_, BTreeMap<String, AtAccount>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RunRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RunRecord")
    }
}
