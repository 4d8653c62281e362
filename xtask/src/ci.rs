//! `cargo xtask ci`: all that CI does, in order, up to the first failure.

use std::process::Command;

use crate::{Failure, repository, tidy};

struct Step {
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
}

const STEPS: &[Step] = &[
    Step { arguments: &["fmt", "--all", "--check"], environment: &[] },
    Step { arguments: &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], environment: &[] },
    // A snapshot that differs must fail, wherever this runs.
    Step { arguments: &["test", "--workspace"], environment: &[("INSTA_UPDATE", "no")] },
    Step { arguments: &["doc", "--workspace", "--no-deps"], environment: &[("RUSTDOCFLAGS", "-D warnings")] },
];

pub(crate) fn run() -> Result<(), Failure> {
    for Step { arguments, environment } in STEPS {
        let shown = format!("cargo {}", arguments.join(" "));
        announce(&shown);
        cargo(arguments, environment)?;
    }
    announce("cargo xtask tidy");
    tidy::run()?;
    announce("all steps passed");
    Ok(())
}

/// Runs cargo in the repository's root, its output going where ours goes.
pub(crate) fn cargo(arguments: &[&str], environment: &[(&str, &str)]) -> Result<(), Failure> {
    let status = Command::new(cargo_program())
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(repository::root())
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("failed: cargo {}", arguments.join(" "))) }
}

/// The cargo that runs us, else the one on the path.
pub(crate) fn cargo_program() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

fn announce(step: &str) {
    println!("==> {step}");
}
