//! This program run by itself, as somebody would type it.

use std::{
    path::Path,
    process::{Command, Output},
};

use crate::exit::{Failure, Kind};

/// One command of certgate, with the environment that is given beside this process's own.
pub(crate) struct Itself<'a> {
    /// What comes after `certgate`.
    pub(crate) arguments: &'a [&'a str],
    /// Variables for it.
    pub(crate) environment: &'a [(&'a str, String)],
    /// Where it runs.
    pub(crate) folder: &'a Path,
}

impl Itself<'_> {
    /// Runs it; what it prints goes where ours goes. Gives its exit code.
    pub(crate) fn run(&self) -> Result<u8, Failure> {
        let status = self.command()?.status().map_err(|why| cannot_start(&why))?;
        Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or_else(|| Kind::Internal.exit_code()))
    }

    /// Runs it, and gives what it printed.
    pub(crate) fn output(&self) -> Result<Output, Failure> {
        self.command()?.output().map_err(|why| cannot_start(&why))
    }

    fn command(&self) -> Result<Command, Failure> {
        let mut command = Command::new(std::env::current_exe().map_err(|why| cannot_start(&why))?);
        command
            .current_dir(self.folder)
            .args(self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }
}

fn cannot_start(why: &std::io::Error) -> Failure {
    Failure::new(Kind::Local, format!("certgate cannot start itself: {why}"))
}
