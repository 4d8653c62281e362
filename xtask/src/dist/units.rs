//! The units of systemd: what they start is there, and systemd takes them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{at, output, program};
use crate::{Failure, repository};

/// Where the binary is, once it is installed.
const INSTALLED: &str = "/usr/bin/certgate";

/// Their files.
pub(super) fn all() -> Result<Vec<PathBuf>, Failure> {
    files(&repository::root().join("packaging/systemd"))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).map_err(|why| at(folder, why))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    Ok(files)
}

/// Checks the units of a folder with that binary in the place of the installed one.
pub(super) fn check(folder: &Path, binary: &Path) -> Result<(), Failure> {
    let here = folder.with_file_name("units-here");
    fs::create_dir_all(&here).map_err(|why| at(&here, why))?;
    for file in files(folder)? {
        let text = fs::read_to_string(&file).map_err(|why| at(&file, why))?;
        for command in commands(&text) {
            // The command line knows each option before it comes to the last one.
            let arguments = command.iter().filter(|word| **word != "$OPTIONS").copied().chain(["--help"]);
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            output(&name, &mut program(binary).args(arguments).output())?;
        }
        let text = text.replace(INSTALLED, &binary.display().to_string());
        let to = here.join(file.file_name().unwrap_or_default());
        fs::write(&to, text).map_err(|why| at(&to, why))?;
    }
    if program("systemd-analyze").arg("--version").output().is_err() {
        println!("left out: systemd is not here to take its units");
        return Ok(());
    }
    let mut verify = program("systemd-analyze");
    // What else is installed on this machine is not our matter.
    verify.args(["verify", "--man=no", "--recursive-errors=no"]).args(files(&here)?);
    let verified = output("systemd-analyze verify", &mut verify.output());
    fs::remove_dir_all(&here).map_err(|why| at(&here, why))?;
    verified.map(drop)
}

/// The arguments of each command of ours that a unit starts.
fn commands(unit: &str) -> Vec<Vec<&str>> {
    let started = unit.lines().filter_map(|line| line.strip_prefix("ExecStart=")?.strip_prefix(INSTALLED));
    started.map(|arguments| arguments.split_whitespace().collect()).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{all, commands};

    #[test]
    fn what_units_start() {
        let unit = "[Service]\nType=exec\nExecStart=/usr/bin/certgate serve bridge $OPTIONS\nExecStart=/bin/true\n";
        assert_eq!(commands(unit), [vec!["serve", "bridge", "$OPTIONS"]]);
        assert_eq!(commands(""), Vec::<Vec<&str>>::new());
    }

    /// Of a service that listens or holds a password nothing else of the machine is in reach.
    #[test]
    fn every_service_is_in_a_sandbox() {
        let services = all().unwrap().into_iter().filter(|path| path.extension().is_some_and(|it| it == "service"));
        let mut count = 0;
        for service in services {
            let text = fs::read_to_string(&service).unwrap();
            for line in [
                "User=certgate",
                "NoNewPrivileges=yes",
                "ProtectSystem=strict",
                "ProtectHome=yes",
                "CapabilityBoundingSet=",
                "SystemCallFilter=@system-service",
                "UMask=0077",
            ] {
                assert!(text.lines().any(|found| found == line), "{}: {line}", service.display());
            }
            assert_eq!(commands(&text).len(), 1, "{}", service.display());
            count += 1;
        }
        assert!(count >= 2);
    }
}
