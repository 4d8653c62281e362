//! What a new clone costs: the CPU time that the README's two commands take in an empty target folder, the crates behind them, and which cost most.
//!
//! Seconds of CPU (user and system) say more than seconds on a clock, which depend on how many cores there are and who else uses them.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Instant,
};

use super::verdict;
use crate::{Failure, ci, repository};

/// Seconds of CPU for `cargo run --bin certgate`, without what it runs.
const FIRST_AIM: f64 = 240.0;
/// Seconds of CPU for `cargo xtask ci` after it, tests included.
const SECOND_AIM: f64 = 720.0;
const CRATES_AIM: f64 = 200.0;
/// Names that are there in more than one version.
const TWICE_AIM: f64 = 3.0;
/// How many of the dearest crates are shown.
const SHOWN: usize = 20;

/// The file that each compilation appends a line to, where this program stands in for rustc.
const LOG: &str = "XTASK_BENCH_BUILD_LOG";
/// What Linux counts CPU time in (`getconf CLK_TCK`).
const TICKS_PER_SECOND: f64 = 100.0;

pub(super) fn run() -> Result<(), Failure> {
    let tree = [
        "tree",
        "--package",
        "certgate-cli",
        "--edges",
        "normal,build",
        "--target",
        "x86_64-unknown-linux-gnu",
        "--prefix",
        "none",
    ];
    let output = Command::new(ci::cargo_program()).args(tree).current_dir(repository::root()).output();
    let output = output.map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let tree = String::from_utf8_lossy(&output.stdout);
    let crates = crates(&tree);
    println!("crates in the binary: {}", verdict(crates.len() as f64, CRATES_AIM));
    let twice = twice(&crates);
    println!("names in more than one version: {} {twice:?}", verdict(twice.len() as f64, TWICE_AIM));

    let scratch = repository::root().join("target").join("bench-build");
    match fs::remove_dir_all(&scratch) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(format!("{}: {error}", scratch.display()));
        }
        _ => {}
    }
    fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
    let mut failed = Vec::new();
    for (name, arguments, aim) in [
        ("cargo run --bin certgate", &["build", "--quiet", "--bin", "certgate"][..], FIRST_AIM),
        ("cargo xtask ci", &["xtask", "ci"], SECOND_AIM),
    ] {
        let log = scratch.join("log");
        let _ = fs::remove_file(&log);
        let (cpu_before, start) = (cpu_of_children()?, Instant::now());
        let status = Command::new(ci::cargo_program())
            .args(arguments)
            .env("CARGO_TARGET_DIR", scratch.join("target"))
            .env("RUSTC_WRAPPER", std::env::current_exe().map_err(|error| error.to_string())?)
            .env(LOG, &log)
            .current_dir(repository::root())
            .status()
            .map_err(|error| format!("cargo cannot be started: {error}"))?;
        let (cpu, wall) = (cpu_of_children()? - cpu_before, start.elapsed().as_secs_f64());
        let log = fs::read_to_string(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let costs = costs(&log);
        let compiled: f64 = costs.iter().map(|(_, seconds)| seconds).sum();
        println!("{name}: seconds of CPU {}, {wall:.0} s on the clock", verdict(cpu, aim));
        println!("  {compiled:7.1} in rustc, {:.1} in build scripts, C compilers, tests and cargo", cpu - compiled);
        for (name, seconds) in costs.iter().take(SHOWN) {
            println!("  {seconds:7.1} {name}");
        }
        // What was measured is of use also where something failed at its end, such as a test.
        if !status.success() {
            failed.push(format!("{name}: {status}"));
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
}

/// Compiles in rustc's place, and notes what it cost. `None`: cargo did not start us as a wrapper of rustc.
pub(crate) fn compile() -> Option<ExitCode> {
    let log = std::env::var_os(LOG)?;
    let mut arguments = std::env::args_os().skip(1);
    let compiler = PathBuf::from(arguments.next()?);
    if !matches!(compiler.file_stem().and_then(OsStr::to_str), Some("rustc" | "clippy-driver")) {
        return None;
    }
    Some(match noted(&compiler, arguments, Path::new(&log)) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    })
}

fn noted(compiler: &Path, arguments: impl Iterator<Item = OsString>, log: &Path) -> Result<u8, Failure> {
    let status = Command::new(compiler).args(arguments).status();
    let status = status.map_err(|error| format!("{}: {error}", compiler.display()))?;
    // Cargo also asks rustc about itself, for no package.
    if let Ok(package) = std::env::var("CARGO_PKG_NAME") {
        let line = format!("{package} {:.2}\n", cpu_of_children()?);
        // One write, which others do not come between.
        let written = OpenOptions::new().create(true).append(true).open(log);
        written
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .map_err(|error| format!("{}: {error}", log.display()))?;
    }
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// Seconds of CPU of all that this process started and that has ended.
fn cpu_of_children() -> Result<f64, Failure> {
    let stat = fs::read_to_string("/proc/self/stat")
        .map_err(|error| format!("CPU time is read from Linux's /proc: {error}"))?;
    cpu_of_children_in(&stat).ok_or_else(|| format!("/proc/self/stat: found {stat:?}, expected numbers"))
}

/// proc(5): user and system time of children are the 16th and 17th fields. The second, a name, may hold anything but ends with the last bracket.
fn cpu_of_children_in(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(16 - 3);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / TICKS_PER_SECOND)
}

/// The names and versions in what `cargo tree` prints: a package a line, more than once where more than one needs it.
fn crates(tree: &str) -> BTreeSet<(&str, &str)> {
    tree.lines()
        .filter_map(|line| line.split_once(" v"))
        .map(|(name, rest)| (name, rest.split(' ').next().unwrap_or(rest)))
        .collect()
}

/// The names that are there in more than one version.
fn twice<'a>(crates: &BTreeSet<(&'a str, &str)>) -> Vec<&'a str> {
    let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, _) in crates {
        *versions.entry(name).or_default() += 1;
    }
    versions.into_iter().filter(|(_, count)| *count > 1).map(|(name, _)| name).collect()
}

/// The packages of a log and their seconds in all, the dearest first.
fn costs(log: &str) -> Vec<(&str, f64)> {
    let mut costs: BTreeMap<&str, f64> = BTreeMap::new();
    for (name, seconds) in log.lines().filter_map(|line| line.split_once(' ')) {
        *costs.entry(name).or_default() += seconds.parse().unwrap_or(0.0);
    }
    let mut costs: Vec<_> = costs.into_iter().collect();
    costs.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    costs
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::{costs, cpu_of_children, cpu_of_children_in, crates, twice};

    #[test]
    fn crates_and_the_names_that_are_there_twice() {
        let tree = "certgate-cli v0.1.0 (/somewhere)\nsyn v2.0.1\nserde_derive v1.0.2 (proc-macro)\nsyn v3.0.1\nsyn v2.0.1 (*)\n";
        let crates = crates(tree);
        let expected = [("certgate-cli", "0.1.0"), ("serde_derive", "1.0.2"), ("syn", "2.0.1"), ("syn", "3.0.1")];
        assert_eq!(crates.iter().copied().collect::<Vec<_>>(), expected);
        assert_eq!(twice(&crates), ["syn"]);
    }

    #[test]
    fn costs_are_added_up() {
        assert_eq!(costs("syn 1.50\nrsa 4.00\nsyn 3.00\n"), [("syn", 4.5), ("rsa", 4.0)]);
    }

    #[test]
    fn cpu_time_of_children() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 11 12 250 50 20 0 1 0 99";
        assert_eq!(cpu_of_children_in(stat), Some(3.0));
        assert_eq!(cpu_of_children_in("7 (a) S 1"), None);
        if cfg!(target_os = "linux") {
            assert!(cpu_of_children().unwrap() >= 0.0);
        }
    }
}
