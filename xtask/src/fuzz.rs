//! `cargo xtask fuzz`: every target of `certgate_fuzz_targets` under libFuzzer, one after the other.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{Failure, ci::cargo_program, repository};

/// Seconds for one input: none of them takes a tenth of that.
const SECONDS_PER_INPUT: u32 = 10;
/// Memory for one input, in MiB.
const MEMORY: u32 = 1024;
/// The longest input, in bytes. What is longer says nothing that is new.
const LONGEST: u32 = 16 << 10;

pub(crate) fn run(arguments: &[&str]) -> Result<(), Failure> {
    let (seconds, chosen) = match arguments {
        ["--seconds", seconds, chosen @ ..] => (seconds.parse::<u64>().ok(), chosen),
        _ => (None, arguments),
    };
    let Some(seconds) = seconds else {
        return Err("usage: cargo xtask fuzz --seconds N [TARGET …]: expected how long to fuzz in all".to_owned());
    };
    if let Some(missing) = missing() {
        return Err(format!("nothing was fuzzed: {missing}"));
    }
    let work = repository::root().join("target/fuzz");
    let names = seeds(&work.join("seeds"))?;
    if let Some(unknown) = chosen.iter().find(|name| !names.iter().any(|known| known == *name)) {
        return Err(format!("no target is called `{unknown}`: expected one of {}", names.join(", ")));
    }
    let targets: Vec<&String> =
        names.iter().filter(|name| chosen.is_empty() || chosen.contains(&name.as_str())).collect();
    let each = (seconds / targets.len().max(1) as u64).max(1);
    let mut failed = Vec::new();
    for name in targets {
        println!("==> {name}, {each} s");
        if !fuzz(name, each, &work)? {
            failed.push(name.as_str());
        }
    }
    if failed.is_empty() {
        println!("no finding; what was found new is in {}", work.join("found").display());
        return Ok(());
    }
    Err(format!("findings: {} (see {})", failed.join(", "), work.join("artifacts").display()))
}

/// What is not here that a fuzzer needs.
fn missing() -> Option<&'static str> {
    let runs = |command: &mut Command| {
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    if !runs(nightly().args(["rustc", "--version"])) {
        return Some("there is no nightly toolchain (rustup toolchain install nightly)");
    }
    (!runs(nightly().args(["cargo", "fuzz", "--version"])))
        .then_some("cargo-fuzz is not installed (cargo install cargo-fuzz)")
}

/// A program of the nightly toolchain.
fn nightly() -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly"]).current_dir(repository::root());
    // Those of the toolchain that runs us.
    for name in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(name);
    }
    command
}

/// Writes the seeds below a folder; gives the names of the targets.
fn seeds(into: &Path) -> Result<Vec<String>, Failure> {
    let mut command = Command::new(cargo_program());
    command.args(["run", "--quiet", "--package", "certgate-fuzz-targets", "--example", "write_seeds", "--"]).arg(into);
    let output = command.current_dir(repository::root()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|why| format!("cargo cannot be started: {why}"))?;
    if !output.status.success() {
        return Err("the seeds could not be written".to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// Fuzzes one target, from its seeds, its committed corpus and what earlier runs here found. Whether there was no finding.
fn fuzz(name: &str, seconds: u64, work: &Path) -> Result<bool, Failure> {
    let folder = |part: &str| -> Result<PathBuf, Failure> {
        let folder = work.join(part).join(name);
        fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        Ok(folder)
    };
    let (found, seeds, artifacts) = (folder("found")?, folder("seeds")?, folder("artifacts")?);
    let corpus = repository::root().join("fuzz/corpus").join(name);
    let mut command = nightly();
    // Nothing here is unsafe: what a sanitizer finds the compiler has ruled out.
    command.args(["cargo", "fuzz", "run", "--sanitizer", "none", "--target-dir"]).arg(work).arg("targets");
    let folders = [&found, &seeds, &corpus].into_iter().filter(|folder| folder.is_dir()).map(|path| path.as_os_str());
    command.args(folders.collect::<Vec<&OsStr>>()).arg("--");
    command.args([
        format!("-max_total_time={seconds}"),
        format!("-timeout={SECONDS_PER_INPUT}"),
        format!("-rss_limit_mb={MEMORY}"),
        format!("-max_len={LONGEST}"),
        format!("-artifact_prefix={}/", artifacts.display()),
        "-print_final_stats=1".to_owned(),
        "-verbosity=0".to_owned(),
    ]);
    let status = command.env("CERTGATE_FUZZ", name).status();
    Ok(status.map_err(|why| format!("rustup cannot be started: {why}"))?.success())
}
