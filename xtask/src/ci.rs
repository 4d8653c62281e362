//! `cargo xtask ci`: all that CI does. A step that fails stops none of those after it: one run tells all that is wrong.

use std::process::{Command, Stdio};

use crate::{Failure, dist, repository, tidy};

struct Step {
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
}

const STEPS: &[Step] = &[
    Step { arguments: &["fmt", "--all", "--check"], environment: &[] },
    Step {
        arguments: &["clippy", "--workspace", "--all-targets", "--features", POSTGRES, "--", "-D", "warnings"],
        environment: &[],
    },
    // What most people build, and a bare client over either protocol.
    Step { arguments: &["clippy", "--package", "certgate-cli", "--", "-D", "warnings"], environment: &[] },
    // The one test that only such a build has.
    Step {
        arguments: &["test", "--package", "certgate-cli", "--test", "it", "a_build_without_postgresql_says_so"],
        environment: &[],
    },
    Step {
        arguments: &["check", "--package", "certgate", "--no-default-features", "--features", "json"],
        environment: &[],
    },
    Step {
        arguments: &["check", "--package", "certgate", "--no-default-features", "--features", "xml"],
        environment: &[],
    },
    // A snapshot that differs must fail, wherever this runs.
    Step {
        arguments: &["test", "--workspace", "--features", POSTGRES, "--no-fail-fast"],
        environment: &[("INSTA_UPDATE", "no")],
    },
    Step {
        arguments: &["doc", "--workspace", "--features", POSTGRES, "--no-deps"],
        environment: &[("RUSTDOCFLAGS", "-D warnings")],
    },
    // Each is ready for the registry; that what is in it compiles, was seen above.
    Step {
        arguments: &[
            "package",
            "--workspace",
            "--exclude",
            "xtask",
            "--exclude",
            "certgate-fuzz-targets",
            "--exclude",
            "certgate-testing",
            "--no-verify",
            "--allow-dirty",
            "--quiet",
        ],
        environment: &[],
    },
];

/// What is compiled and tested besides the defaults.
pub(crate) const POSTGRES: &str = "certgate-cli/postgres,xtask/postgres";

/// What needs no network: advisories are a database.
const DENY: &[&str] = &["deny", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"];

/// What a step is called, and how it is taken.
type Named = (String, Box<dyn Fn() -> Result<(), Failure>>);

pub(crate) fn run() -> Result<(), Failure> {
    #[cfg(unix)]
    crate::databases::install();
    let named = |Step { arguments, environment }: &'static Step| -> Named {
        (format!("cargo {}", arguments.join(" ")), Box::new(move || cargo(arguments, environment)))
    };
    let tidy: Named = ("cargo xtask tidy".to_owned(), Box::new(tidy::run));
    let deny: Named = (format!("cargo {}", DENY.join(" ")), Box::new(deny));
    let dist: Named = ("cargo xtask dist --check".to_owned(), Box::new(|| dist::run(&["--check"])));
    all(STEPS.iter().map(named).chain([tidy, deny, dist]))
}

/// Runs every step, whatever became of those before it, and says which failed.
fn all(steps: impl IntoIterator<Item = Named>) -> Result<(), Failure> {
    let mut failed = Vec::new();
    for (name, step) in steps {
        announce(&name);
        if let Err(why) = step() {
            eprintln!("{why}");
            failed.push(name);
        }
    }
    if failed.is_empty() {
        announce("all steps passed");
        return Ok(());
    }
    Err(format!("==> failed:\n{}", failed.join("\n")))
}

/// Bans, licences and sources of the dependencies, where somebody can tell.
fn deny() -> Result<(), Failure> {
    if is_installed("deny") {
        return cargo(DENY, &[]);
    }
    println!("left out: cargo-deny is not installed (cargo install cargo-deny)");
    Ok(())
}

/// Whether cargo has that command.
pub(crate) fn is_installed(command: &str) -> bool {
    let mut version = Command::new(cargo_program());
    version.args([command, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
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

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, fs, path::PathBuf, rc::Rc};

    use pretty_assertions::assert_eq;

    use super::{Named, STEPS, all};
    use crate::{Failure, repository};

    #[test]
    fn every_step_is_taken_and_the_failed_ones_are_named() {
        for (failing, expected) in [(&[][..], Ok(())), (&["a", "c"], Err("==> failed:\na\nc".to_owned()))] {
            let taken = Rc::new(RefCell::new(Vec::new()));
            let steps = ["a", "b", "c", "d"].map(|name| -> Named {
                let (taken, fails) = (Rc::clone(&taken), failing.contains(&name));
                let step = move || -> Result<(), Failure> {
                    taken.borrow_mut().push(name);
                    if fails { Err(format!("{name} is wrong")) } else { Ok(()) }
                };
                (name.to_owned(), Box::new(step))
            });
            assert_eq!(all(steps), expected);
            assert_eq!(*taken.borrow(), ["a", "b", "c", "d"]);
        }
        // One that is not there any more would be passed over without a word.
        let named: Vec<_> = STEPS
            .iter()
            .filter_map(|step| match step.arguments {
                ["test", "--package", package, "--test", "it", name] => Some((package, name)),
                _ => None,
            })
            .collect();
        assert!(!named.is_empty());
        for (package, name) in named {
            let folder = repository::root().join("crates").join(package).join("tests/it");
            let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
            let is_there =
                |file: PathBuf| fs::read_to_string(file).is_ok_and(|text| text.contains(&format!("fn {name}(")));
            assert!(files.into_iter().any(is_there), "{name}");
        }
        let tests = STEPS.iter().find(|step| step.arguments.starts_with(&["test", "--workspace"]));
        assert!(tests.is_some_and(|tests| tests.arguments.contains(&"--no-fail-fast")));
    }
}
