//! What a bare client compiles: one codec, HTTP and TLS, and nothing of what durable orders need.

use std::process::Command;

use super::Problem;
use crate::{
    ci::cargo_program,
    repository::{self, Repository},
};

/// Where the features are.
const MANIFEST: &str = "crates/certgate/Cargo.toml";

/// Crates that a bare client does without, and what they would bring.
const HEAVY: &[(&str, &str)] = &[
    ("rusqlite", "SQLite"),
    ("certgate-store", "the store"),
    ("certgate-tape", "tapes"),
    ("certgate-dns", "DNS"),
    ("domain", "DNS"),
    ("certgate-keys", "keys and key stores"),
    ("rcgen", "keys and key stores"),
    ("certgate-server", "a server"),
    ("hyper", "a server"),
    ("tokio", "a server"),
];

/// A bare client's codec, and the one that it does without.
const CODECS: [(&str, &str); 2] = [("json", "certgate-xml"), ("xml", "certgate-json")];

pub(super) fn check(_: &Repository) -> Vec<Problem> {
    CODECS.iter().flat_map(|(codec, other)| problems(codec, other, tree(codec))).collect()
}

/// The names of all crates that a bare client compiles.
fn tree(codec: &str) -> Result<String, String> {
    let arguments = ["tree", "--offline", "--package", "certgate", "--no-default-features", "--features", codec];
    let output = Command::new(cargo_program())
        .args(arguments)
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .current_dir(repository::root())
        .output()
        .map_err(|why| format!("cargo tree cannot be started: {why}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn problems(codec: &str, other: &str, tree: Result<String, String>) -> Vec<Problem> {
    let problem = |what: String| Problem::new(MANIFEST, 1, what);
    let tree = match tree {
        Ok(tree) => tree,
        Err(why) => return vec![problem(format!("what a bare client compiles cannot be told: {why}"))],
    };
    let has = |name: &str| tree.lines().any(|line| line.split(' ').next() == Some(name));
    let other = (other, "the other protocol");
    HEAVY
        .iter()
        .chain([&other])
        .filter(|(name, _)| has(name))
        .map(|(name, what)| problem(format!("a client with the feature `{codec}` alone compiles {name}: {what}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::problems;
    use crate::tidy::shown;

    #[test]
    fn what_a_bare_client_does_without_is_named() {
        let told = |tree: &str| shown(&problems("json", "certgate-xml", Ok(tree.to_owned())));
        let light = "certgate v0.1.0 (/x)\ncertgate-json v0.1.0 (/x)\nureq v3.5.0\ndomain-of-something v1.0.0\n";
        assert_eq!(told(light), Vec::<String>::new());
        assert_eq!(
            told(&format!("{light}certgate-xml v0.1.0 (/x)\nrusqlite v0.43.0\n")),
            [
                "crates/certgate/Cargo.toml:1: a client with the feature `json` alone compiles rusqlite: SQLite",
                "crates/certgate/Cargo.toml:1: a client with the feature `json` alone compiles certgate-xml: the other protocol",
            ]
        );
        let failed = problems("json", "certgate-xml", Err("no such feature".to_owned()));
        assert_eq!(
            shown(&failed),
            ["crates/certgate/Cargo.toml:1: what a bare client compiles cannot be told: no such feature"]
        );
    }
}
