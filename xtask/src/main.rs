//! What is done with this repository, as commands: what CI does (`cargo xtask ci`), and what else `USAGE` names.

#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods, reason = "a tool for people")]

mod bench;
mod calendar;
mod ci;
#[cfg(unix)]
mod databases;
mod dist;
mod fixtures;
mod fuzz;
mod page;
mod peers;
mod repository;
mod tidy;
mod torture;

use std::process::ExitCode;

/// What went wrong, for people.
type Failure = String;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  ci                  all that CI does: fmt, clippy, a check over either protocol alone, test, doc, package, tidy,
                      deny (bans, licences and sources, where cargo-deny is installed), dist --check
  tidy                the rules of this repository that a lint cannot hold
  fixtures [--write]  extracts the documented payloads from the page and shows what changed
  reference           writes the manual's page of all commands from their definitions
  bench build         CPU time of the README's two commands on a new clone, and the crates that cost most
  bench codec         decoding and encoding beside bare parsers, with allocations
  bench cli           `certgate info` beside curl, against the simulator
  bench list          `certgate list --all`: peak memory of long lists
  bench batch         200 reissues at the gateway's pace, and without a limit
  bench bridge        the bridge beside nginx (where it is installed) as a proxy of the same simulator, and with 500 idle connections
  bench estate        plan over 10,000 declared certificates, apply of 200, status of 1,000 folders
  bench state         contacts created a second at a simulator that keeps its world, and at one that does not
  bench store         commands on a store of 10,000 orders, and 400 orders that four processes share
  bench hostile       the worst bodies of 1 and 8 MiB: all that is done to an answer is linear
  bench tape          a tape of 10,000 exchanges: loading it, and matching against it
  peers               other people's clients against the simulator and through the bridge (npm, python3, lego where they are)
  dist [--check]
                      what is released, in target/dist: a static binary (where it cannot be made: one for this machine), an archive with man page, completions, units,
                      licences and SBOM, a Debian package where cargo-deb is installed, SHA256SUMS; --check puts it together from a debug build
  fuzz --seconds N [TARGET …]
                      what others hand us, under libFuzzer (with nightly and cargo-fuzz), N seconds in all
  calendar            the tests that know dates, on other days (with libfaketime)
  torture [--rounds N] [--seed S]
                      kills certgate at random times while connections drop, and carries on: 300 rounds unless told";

fn main() -> ExitCode {
    if let Some(code) = bench::build::compile() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["ci"] => ci::run(),
        ["tidy"] => tidy::run(),
        ["fixtures"] => fixtures::run(false),
        ["fixtures", "--write"] => fixtures::run(true),
        ["reference"] => ci::cargo(
            &["test", "--quiet", "--package", "certgate-cli", "--bin", "certgate", "reference"],
            &[("CERTGATE_WRITE_REFERENCE", "1")],
        ),
        ["bench", rest @ ..] => bench::run(rest),
        ["calendar"] => calendar::run(),
        ["peers"] => peers::run(),
        ["dist", rest @ ..] => dist::run(rest),
        ["fuzz", rest @ ..] => fuzz::run(rest),
        ["torture", rest @ ..] => torture::run(rest),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
