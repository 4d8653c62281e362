//! What is done once the files are in place, and what came of it.

use std::path::PathBuf;

use certgate_store::DeployHook;
use certgate_x509::X509;
use serde::{Deserialize, Serialize};

use super::Installation;
use crate::process::{self, ProcessError};

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

/// What stands in a set's record while its hook runs.
const RUNNING: &str = "the deploy hook was started, and its end was not recorded";

impl Installation {
    /// Runs the hook for what is in place, and records what came of it. Where it fails and the options say so, the set before
    /// is put back, and the hook is run for that.
    pub fn deploy(&self, name: &str, serial: &str, files: &[(&'static str, PathBuf)]) -> Deployment {
        let Some(hook) = &self.options.hook else { return Deployment::None };
        // Killed meanwhile, it is repeated.
        self.record(&Deployment::Failed { detail: RUNNING.to_owned() });
        let deployment = match self.run(hook, name, Some(serial), files) {
            Ok(()) => Deployment::Deployed,
            Err(why) if hook.rollback => Deployment::Failed { detail: self.take_back(hook, name, &why) },
            Err(why) => Deployment::Failed { detail: format!("{why}; the new files are in place") },
        };
        if !self.was_taken_back(serial) {
            self.record(&deployment);
        }
        deployment
    }

    /// Runs the hook again for what is in place.
    pub fn redeploy(&self, name: &str, serial: &str) -> Deployment {
        self.deploy(name, serial, &self.files())
    }

    /// Puts the set before back, and runs the hook for it. Gives what is to be said.
    fn take_back(&self, hook: &DeployHook, name: &str, why: &str) -> String {
        match self.rollback() {
            Ok(Some(set)) => {
                let back = format!("{why}; {} is in place again", set.display());
                let certificate = self.certificate().ok().flatten().and_then(|text| X509::from_pem(&text).ok());
                let serial = certificate.as_ref().map(|certificate| certificate.serial.as_str());
                match self.run(hook, name, serial, &self.files()) {
                    Ok(()) => {
                        self.record(&Deployment::Deployed);
                        back
                    }
                    Err(why) => {
                        let text = format!("{back}, and the hook failed for it as well: {why}");
                        self.record(&Deployment::Failed { detail: text.clone() });
                        text
                    }
                }
            }
            Ok(None) => format!("{why}; there is no set before to put back"),
            Err(error) => format!("{why}; the set before could not be put back: {error}"),
        }
    }

    fn was_taken_back(&self, serial: &str) -> bool {
        self.record_in_place().is_some_and(|record| record.serial.as_deref() != Some(serial))
    }

    /// Runs the hook to its end or its time's.
    fn run(
        &self,
        hook: &DeployHook,
        name: &str,
        serial: Option<&str>,
        files: &[(&'static str, PathBuf)],
    ) -> Result<(), String> {
        let mut command = process::action(&hook.command, Some(&self.options.working_folder));
        command.env("CERTGATE_DIR", self.folder()).env("CERTGATE_NAME", name);
        if let Some(serial) = serial {
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
