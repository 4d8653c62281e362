//! What is done once the files are in place, and what came of it.

use std::{
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use certgate_files::FileError;
use certgate_store::{DeployHook, InstallOptions, Order};
use serde::{Deserialize, Serialize};

use super::{CURRENT, Installation, RollbackError, SetRecord, absolute};
use crate::{
    CertificateSettings, Error, Journal,
    process::{self, ProcessError},
    served::{self, TlsEndpoint, Verification},
    together::{for_folders, together},
};

/// What came of a certificate's hook, and of the look at what is served. A set's record holds it, so that the next run repeats a hook that failed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Deployment {
    /// There is no hook, and nowhere to look.
    #[default]
    None,
    /// The hook succeeded, and the certificate is served where it is to be.
    Deployed,
    /// The hook failed, or did not end in its time, or its process was killed while it ran; or the certificate is not served.
    Failed {
        /// Why, and what is in place.
        detail: String,
    },
}

impl Deployment {
    /// Whether it failed, or ended without a word.
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }
}

/// The installations of the account's orders whose hooks failed, or ended without a word, each with the last of its orders.
///
/// # Errors
/// The store failed.
pub fn undeployed(journal: &Journal) -> Result<Vec<(Order, Installation)>, Error> {
    let mut found = Vec::new();
    let all: Vec<(PathBuf, Order)> = journal.last_with_deployment()?.into_iter().collect();
    let is_left = together(&all, for_folders(all.len()), |(folder, _)| Installation::at(folder).is_left_undeployed());
    for (folder, order) in all.into_iter().zip(is_left).filter_map(|(one, is_left)| is_left.then_some(one)) {
        let Some(record) = Installation::at(&folder).record_in_place() else { continue };
        let options = record.install_options(&folder).or_else(|| order.order.resume.install.clone());
        if let (Deployment::Failed { .. }, Some(options)) = (record.deployment, options) {
            found.push((order, Installation::new(options)));
        }
    }
    Ok(found)
}

/// What stands in a set's record while its hook runs.
const RUNNING: &str = "the deployment was begun, and its end was not recorded";

/// How long servers may take until they serve what is in place, and how often they are looked at meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(250);

impl Installation {
    /// Runs the hook for what is in place, and records what came of it. Where it fails and the options say so, the set before
    /// is put back, and the hook is run for that.
    pub(super) fn deploy(&self, record: &SetRecord, files: &[(&'static str, PathBuf)]) -> Deployment {
        let taken_back = |hook: &DeployHook, why: &str| hook.rollback.then(|| self.take_back(hook, record, why));
        self.deploy_or(record, files, taken_back)
    }

    /// The same for a set that somebody wants in place whatever the hook says.
    pub(super) fn deploy_as_asked(&self, record: &SetRecord, files: &[(&'static str, PathBuf)]) -> Deployment {
        self.deploy_or(record, files, |_, _| None)
    }

    /// Runs the hook; where it fails, `taken_back` may put another set in place, and say what came of that.
    fn deploy_or(
        &self,
        record: &SetRecord,
        files: &[(&'static str, PathBuf)],
        taken_back: impl Fn(&DeployHook, &str) -> Option<String>,
    ) -> Deployment {
        let due = self.leave_hook(record);
        if due == Deployment::None {
            return due;
        }
        let hook = self.options.hook.as_ref();
        let ran = hook.map_or(Ok(()), |hook| self.run(hook, record, files));
        if let (Err(why), Some(hook)) = (&ran, hook)
            && let Some(detail) = taken_back(hook, why)
        {
            return Deployment::Failed { detail };
        }
        self.note_ended(record, ran, self.endpoints())
    }

    /// Records what came of the hook, and of the look at what is served.
    fn note_ended(&self, record: &SetRecord, ran: Result<(), String>, endpoints: Vec<TlsEndpoint>) -> Deployment {
        let deployment = match ran.err().or_else(|| self.not_served(endpoints)) {
            None => Deployment::Deployed,
            Some(why) => Deployment::Failed { detail: format!("{why}; the files are in place") },
        };
        self.note(record, &deployment);
        deployment
    }

    /// Leaves the hook of what is in place to be run later. Killed meanwhile, it is repeated.
    pub(super) fn leave_hook(&self, record: &SetRecord) -> Deployment {
        let deployment = self.due();
        self.note(record, &deployment);
        deployment
    }

    /// What stands in a record until the hook has run, and what is served was looked at.
    pub(super) fn due(&self) -> Deployment {
        match &self.options.hook {
            None if self.endpoints().is_empty() => Deployment::None,
            _ => Deployment::Failed { detail: RUNNING.to_owned() },
        }
    }

    /// Runs the hook for what is in place, and records nothing.
    pub(super) fn run_hook(&self) -> Result<(), String> {
        let hook = self.options.hook.as_ref();
        hook.map_or(Ok(()), |hook| self.run(hook, &self.told_in_place(), &self.files_in_place()))
    }

    /// Records for what is in place what came of a hook that ran.
    pub(super) fn end_deployment(&self, ran: Result<(), String>) -> Deployment {
        let deployment = self.note_ended(&self.told_in_place(), ran, self.endpoints());
        if deployment == Deployment::Deployed {
            // What cannot be removed now goes when the next set comes.
            let _ = self.prune(self.options.keep);
        }
        deployment
    }

    /// Where what is in place is to be served.
    fn endpoints(&self) -> Vec<TlsEndpoint> {
        CertificateSettings::of_installation(&self.options).verify.unwrap_or_default()
    }

    fn files_in_place(&self) -> Vec<(&'static str, PathBuf)> {
        if self.set().is_some() { self.files() } else { self.plain_files() }
    }

    /// What is not served where it is to be, once servers had the time to read their files again; `None` if all is.
    fn not_served(&self, mut endpoints: Vec<TlsEndpoint>) -> Option<String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let looks = self.verify(&endpoints, served::TIMEOUT, self.now())?;
            endpoints = looks.iter().filter(|look| !look.is_as_expected()).map(|look| look.endpoint.clone()).collect();
            let problem = looks.iter().find_map(Verification::problem)?;
            if Instant::now() >= until {
                return Some(format!("the certificate is not served: {problem}"));
            }
            thread::sleep(PAUSE);
        }
    }

    /// Looks at what was deployed where it is to be served. What is not served there any more is noted as one whose hook failed; gives that, or
    /// `None` where there is nothing to note.
    pub(crate) fn note_unserved(&self) -> Option<Deployment> {
        let deployed = || self.record_in_place().filter(|record| record.deployment == Deployment::Deployed);
        let before = deployed()?;
        let looks = self.verify(&self.endpoints(), served::TIMEOUT, self.now())?;
        let problem = looks.iter().find_map(Verification::problem)?;
        let _turn = self.lock().ok()??;
        // Another process may have put another one in place meanwhile.
        let record = deployed().filter(|record| record.serial == before.serial)?;
        let deployment = Deployment::Failed { detail: format!("the certificate is not served any more: {problem}") };
        self.note(&record, &deployment);
        Some(deployment)
    }

    /// Whether what is in place was deployed by this very hook, and seen where it is to be seen now.
    pub(super) fn is_deployed(&self) -> bool {
        let verify = |options: &InstallOptions| options.remembered.get("verify").cloned();
        self.record_in_place().is_some_and(|record| {
            let before = record.install_options(self.folder());
            let is_the_same = before
                .is_some_and(|before| before.hook == self.options.hook && verify(&before) == verify(&self.options));
            record.deployment == Deployment::Deployed && is_the_same
        })
    }

    /// Runs the hook again for what is in place, where it failed, or where nothing led to its set any more. None where there is nothing to repeat, or
    /// another process is at it.
    ///
    /// # Errors
    /// The folder cannot be used, or its set not be put in place again.
    pub fn repeat_hook(&self) -> Result<Option<Deployment>, FileError> {
        let Some(_lock) = self.lock()? else { return Ok(None) };
        let is_restored = self.restore()?;
        if self.is_led_nowhere()? {
            let detail = format!("`{CURRENT}` is gone from its folder, and no set there can be put in place by itself");
            return Ok(Some(Deployment::Failed { detail }));
        }
        let record = self.record_in_place().filter(|record| is_restored || record.deployment.is_failed());
        // An earlier set than the newest was in place on purpose: it is not turned down.
        let deploy = if self.is_newest_in_place()? { Self::deploy } else { Self::deploy_as_asked };
        Ok(record.map(|record| deploy(self, &record, &self.files_in_place())))
    }

    /// Whether its hook is to be repeated, once servers are led to a set again. Whoever calls has the folder for itself.
    pub(crate) fn is_left_to_deploy(&self) -> Result<bool, FileError> {
        self.restore()?;
        Ok(!self.is_led_nowhere()? && self.is_hook_due())
    }

    /// Whether its hook, or the look at what is served, is to be repeated, or nothing leads to its set any more.
    pub(super) fn is_hook_due(&self) -> bool {
        self.record_in_place().is_some_and(|record| record.deployment.is_failed())
    }

    /// Puts the set before back, and runs the hook for it. Gives what is to be said.
    fn take_back(&self, hook: &DeployHook, record: &SetRecord, why: &str) -> String {
        let text = match self.put_before_back(record) {
            Ok(Some(set)) => {
                let back = format!("{why}; {} is in place again", set.display());
                let there = self.told_in_place();
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
            Err(error @ (RollbackError::Ended { .. } | RollbackError::Revoked { .. })) => {
                format!("{why}; the files are in place, since {error}")
            }
            Err(error) => format!("{why}; the set before could not be put back: {error}"),
        };
        self.note(record, &Deployment::Failed { detail: text.clone() });
        text
    }

    /// Runs the hook to its end or its time's. It is told absolute paths: it may run in another folder than this process.
    fn run(&self, hook: &DeployHook, record: &SetRecord, files: &[(&'static str, PathBuf)]) -> Result<(), String> {
        let mut command = process::action(&hook.command, Some(&self.options.working_folder));
        command.env("CERTGATE_DIR", absolute(self.folder()));
        command.env("CERTGATE_NAME", record.name.as_deref().unwrap_or_default());
        if let Some(serial) = &record.serial {
            command.env("CERTGATE_SERIAL", serial);
        }
        for (kind, path) in files {
            command.env(format!("CERTGATE_{}", kind.to_uppercase()), absolute(path));
        }
        let ended = process::run(command, Vec::new(), hook.timeout);
        match ended.and_then(|(status, _)| if status.success() { Ok(()) } else { Err(ProcessError::Failed(status)) }) {
            Ok(()) => Ok(()),
            Err(ProcessError::Failed(status)) => Err(format!("the deploy hook failed: {status}")),
            Err(why) => Err(format!("the deploy hook {why}")),
        }
    }
}
