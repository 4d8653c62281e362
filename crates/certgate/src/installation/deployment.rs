//! What is done once the files are in place, and what came of it.

use std::{collections::BTreeMap, path::PathBuf};

use certgate_store::{DeployHook, Order};
use certgate_x509::X509;
use serde::{Deserialize, Serialize};

use super::{Installation, SetRecord};
use crate::{
    Error, Journal,
    process::{self, ProcessError},
};

/// What came of a certificate's hook. A set's record holds it, so that the next run repeats a hook that failed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Deployment {
    /// There is no hook.
    #[default]
    None,
    /// The hook succeeded.
    Deployed,
    /// The hook failed, or did not end in its time, or its process was killed while it ran.
    Failed {
        /// Why, and what is in place.
        detail: String,
    },
}

/// The installations of the account's orders whose hooks failed, or ended without a word, each with the last of its orders.
///
/// # Errors
/// The store failed.
pub fn undeployed(journal: &Journal) -> Result<Vec<(Order, Installation)>, Error> {
    let mut last: BTreeMap<PathBuf, Order> = BTreeMap::new();
    for order in journal.done_with_hook()? {
        if let Some(install) = &order.order.resume.install {
            last.insert(install.folder.clone(), order);
        }
    }
    let mut found = Vec::new();
    for (folder, order) in last {
        let Some(record) = Installation::at(&folder).record_in_place() else { continue };
        let options = record.install_options(&folder).or_else(|| order.order.resume.install.clone());
        if let (Deployment::Failed { .. }, Some(options)) = (record.deployment, options) {
            found.push((order, Installation::new(options)));
        }
    }
    Ok(found)
}

/// What stands in a set's record while its hook runs.
const RUNNING: &str = "the deploy hook was started, and its end was not recorded";

impl Installation {
    /// Runs the hook for what is in place, and records what came of it. Where it fails and the options say so, the set before
    /// is put back, and the hook is run for that.
    pub(super) fn deploy(&self, record: &SetRecord, files: &[(&'static str, PathBuf)]) -> Deployment {
        let Some(hook) = &self.options.hook else {
            self.note(record, &Deployment::None);
            return Deployment::None;
        };
        // Killed meanwhile, it is repeated.
        self.note(record, &Deployment::Failed { detail: RUNNING.to_owned() });
        match self.run(hook, record, files) {
            Ok(()) => {
                self.note(record, &Deployment::Deployed);
                Deployment::Deployed
            }
            Err(why) if hook.rollback => Deployment::Failed { detail: self.take_back(hook, record, &why) },
            Err(why) => {
                let failed = Deployment::Failed { detail: format!("{why}; the new files are in place") };
                self.note(record, &failed);
                failed
            }
        }
    }

    /// Whether this very hook succeeded for what is in place.
    pub(super) fn is_deployed(&self) -> bool {
        self.record_in_place().is_some_and(|record| {
            let hook = record.install_options(self.folder()).and_then(|install| install.hook);
            record.deployment == Deployment::Deployed && hook == self.options.hook
        })
    }

    /// Runs the hook again for what is in place, where it failed. None where there is nothing to repeat, or another process is
    /// at it.
    pub fn repeat_hook(&self) -> Option<Deployment> {
        let lock = self.open().ok()?.open_lock(".lock").ok()?;
        lock.try_lock().ok()?;
        let record = self.record_in_place()?;
        let files = if self.set().is_some() { self.files() } else { self.plain_files() };
        matches!(record.deployment, Deployment::Failed { .. }).then(|| self.deploy(&record, &files))
    }

    /// Puts the set before back, and runs the hook for it. Gives what is to be said.
    fn take_back(&self, hook: &DeployHook, record: &SetRecord, why: &str) -> String {
        let text = match self.rollback() {
            Ok(Some(set)) => {
                let back = format!("{why}; {} is in place again", set.display());
                let certificate = self.certificate().ok().flatten().and_then(|text| X509::from_pem(&text).ok());
                let serial = certificate.map(|certificate| certificate.serial);
                let there = SetRecord { serial, ..self.record_in_place().unwrap_or_default() };
                let there = SetRecord { name: there.name.clone().or_else(|| record.name.clone()), ..there };
                let (text, deployment) = match self.run(hook, &there, &self.files()) {
                    Ok(()) => (back, Deployment::Deployed),
                    Err(why) => {
                        let text = format!("{back}, and the hook failed for it as well: {why}");
                        (text.clone(), Deployment::Failed { detail: text })
                    }
                };
                self.note(&there, &deployment);
                return text;
            }
            Ok(None) => format!("{why}; there is no set before to put back"),
            Err(error) => format!("{why}; the set before could not be put back: {error}"),
        };
        self.note(record, &Deployment::Failed { detail: text.clone() });
        text
    }

    /// Runs the hook to its end or its time's.
    fn run(&self, hook: &DeployHook, record: &SetRecord, files: &[(&'static str, PathBuf)]) -> Result<(), String> {
        let mut command = process::action(&hook.command, Some(&self.options.working_folder));
        command.env("CERTGATE_DIR", self.folder()).env("CERTGATE_NAME", record.name.as_deref().unwrap_or_default());
        if let Some(serial) = &record.serial {
            command.env("CERTGATE_SERIAL", serial);
        }
        for (kind, path) in files {
            command.env(format!("CERTGATE_{}", kind.to_uppercase()), path);
        }
        let ended = process::run(command, Vec::new(), hook.timeout);
        match ended.and_then(|(status, _)| if status.success() { Ok(()) } else { Err(ProcessError::Failed(status)) }) {
            Ok(()) => Ok(()),
            Err(ProcessError::Failed(status)) => Err(format!("the deploy hook failed: {status}")),
            Err(why) => Err(format!("the deploy hook {why}")),
        }
    }
}
