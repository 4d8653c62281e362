//! DNS records that a command of the user's publishes.

use std::path::{Path, PathBuf};

use super::{Challenge, Method, PublishedRecord, Steps, ValidationError, ValidationStep, Validator, published};
use crate::process::{self, ProcessError};

/// Runs a command of the shell with `add` or `remove`, and the record's name, type and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The command, for `sh -c`.
    pub command: String,
    /// The folder it runs in, absolute: a later process removes the record from there.
    pub working_folder: PathBuf,
}

impl Validator for Command {
    fn name(&self) -> &str {
        "command"
    }

    fn method(&self) -> Method {
        Method::Dns { provisioning: false }
    }

    fn present(&self, challenge: &Challenge, steps: &mut Steps<'_>) -> Result<(), ValidationError> {
        let Challenge::Record(record) = challenge else { return Ok(()) };
        let Self { command, working_folder } = self.clone();
        let record = published(record);
        steps.about_to(ValidationStep::Command { command, working_folder, record: record.clone() })?;
        run(&self.command, &self.working_folder, "add", &record)
    }
}

pub(super) fn run(
    command: &str,
    folder: &Path,
    argument: &'static str,
    record: &PublishedRecord,
) -> Result<(), ValidationError> {
    // The record is given as arguments to the command, and never as part of its text.
    let mut shell = process::action(&format!("{command} \"$@\""), Some(folder));
    shell.args(["sh", argument, &record.name, &record.kind, &record.value]);
    let ended = process::run(shell, Vec::new(), process::TIMEOUT);
    let done = ended.and_then(|(status, _)| if status.success() { Ok(()) } else { Err(ProcessError::Failed(status)) });
    done.map_err(|why| ValidationError::Command {
        command: command.to_owned(),
        argument,
        folder: folder.to_owned(),
        why,
    })
}
