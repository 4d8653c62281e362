//! Who may use whom.

use toml::{Table, Value};

use super::{Problem, line_of};
use crate::repository::Repository;

/// A crate and all that it may depend on. `None`: whatever it needs, at the outer edge.
const ALLOWED: &[(&str, Option<&[&str]>)] = &[
    ("certgate-domain", Some(&["jiff", "unicode-normalization", "zeroize"])),
    ("certgate-wire", Some(&["certgate-domain", "thiserror"])),
    ("certgate-xml", Some(&["certgate-domain", "certgate-wire", "quick-xml", "jiff"])),
    ("certgate-json", Some(&["certgate-domain", "certgate-wire", "serde_json", "base64"])),
    ("certgate-x509", Some(&["base64", "certgate-domain", "jiff", "p256", "p384", "ring", "rsa", "sha2", "thiserror"])),
    ("certgate-flow", Some(&["certgate-domain", "certgate-x509"])),
    (
        "certgate-client",
        Some(&[
            "certgate-files",
            "certgate-domain",
            "certgate-wire",
            "certgate-x509",
            "certgate-flow",
            "rustls",
            "ureq",
            "thiserror",
            "serde_json",
            "fastrand",
            "base64",
            "jiff",
        ]),
    ),
    (
        "certgate-tape",
        Some(&[
            "certgate-domain",
            "certgate-wire",
            "certgate-xml",
            "certgate-json",
            "certgate-client",
            "certgate-files",
            "certgate-x509",
            "jiff",
            "rustix",
            "serde",
            "serde_json",
            "thiserror",
        ]),
    ),
    (
        "certgate",
        Some(&[
            "certgate-domain",
            "certgate-wire",
            "certgate-json",
            "certgate-flow",
            "certgate-x509",
            "certgate-store",
            "certgate-client",
            "certgate-dns",
            "certgate-files",
            "certgate-keys",
            "certgate-tape",
            "serde",
            "serde_json",
            "tempfile",
            "jiff",
            "rustix",
            "certgate-xml",
            "toml",
            "rustls",
            "etcetera",
            "thiserror",
        ]),
    ),
    ("certgate-dns", Some(&["certgate-domain", "base64", "domain", "getrandom", "hmac", "sha1", "sha2", "thiserror"])),
    (
        "certgate-keys",
        Some(&[
            "certgate-domain",
            "certgate-x509",
            "getrandom",
            "p256",
            "p384",
            "pkcs8",
            "rcgen",
            "ring",
            "rsa",
            "thiserror",
            "zeroize",
        ]),
    ),
    ("certgate-files", Some(&["certgate-domain", "nix", "rustix", "tempfile", "thiserror"])),
    (
        "certgate-store",
        Some(&[
            "bytes",
            "certgate-domain",
            "certgate-files",
            "certgate-x509",
            "futures-util",
            "rusqlite",
            "rustls",
            "rustls-platform-verifier",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
            "tokio",
            "tokio-postgres",
            "tokio-rustls",
        ]),
    ),
    ("certgate-testing", Some(&["tempfile"])),
    (
        "certgate-simulator",
        Some(&[
            "certgate-domain",
            "certgate-wire",
            "certgate-xml",
            "certgate-json",
            "certgate-keys",
            "certgate-server",
            "certgate-x509",
            "rcgen",
            "thiserror",
            "fastrand",
            "jiff",
            "serde",
            "serde_json",
            "tempfile",
        ]),
    ),
    (
        "certgate-bridge",
        Some(&[
            "certgate-client",
            "certgate-domain",
            "certgate-files",
            "certgate-json",
            "certgate-server",
            "certgate-tape",
            "certgate-wire",
            "jiff",
            "serde_json",
        ]),
    ),
    (
        "certgate-server",
        Some(&[
            "certgate-domain",
            "certgate-files",
            "certgate-keys",
            "certgate-wire",
            "certgate-x509",
            "http-body-util",
            "hyper",
            "hyper-util",
            "rustix",
            "rustls",
            "thiserror",
            "tokio",
            "tokio-rustls",
        ]),
    ),
    ("certgate-cli", None),
    ("certgate-fuzz-targets", None),
];

/// Not even a test of one codec may know the other.
const STRANGERS: &[(&str, &str)] = &[("certgate-xml", "certgate-json"), ("certgate-json", "certgate-xml")];

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in &repository.files {
        let Some(name) = file.path.strip_prefix("crates/").and_then(|path| path.strip_suffix("/Cargo.toml")) else {
            continue;
        };
        let text = file.text();
        let manifest: Table = match toml::from_str(&text) {
            Ok(manifest) => manifest,
            Err(error) => {
                problems.push(Problem::new(&file.path, 1, format!("not TOML: {error}")));
                continue;
            }
        };
        let mut report =
            |start: &str, what: String| problems.push(Problem::new(&file.path, line_of(&text, start), what));
        match ALLOWED.iter().find(|(known, _)| *known == name) {
            None => report("name", format!("{name} is not in the table of allowed dependencies")),
            Some((_, None)) => {}
            Some((_, Some(allowed))) => {
                for section in ["dependencies", "build-dependencies"] {
                    for dependency in names(manifest.get(section)) {
                        if !allowed.contains(&dependency) {
                            report(dependency, format!("{name} must not depend on {dependency}"));
                        }
                    }
                }
                for platform in manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values) {
                    for dependency in names(platform.get("dependencies")) {
                        if !allowed.contains(&dependency) {
                            report(
                                dependency,
                                format!("{name} must not depend on {dependency}, not even on one platform"),
                            );
                        }
                    }
                }
            }
        }
        for (section, folder) in [("dependencies", "src/"), ("dev-dependencies", "")] {
            for dependency in names(manifest.get(section)) {
                let below = format!("crates/{name}/{folder}");
                let word = dependency.replace('-', "_");
                let sources = repository.files.iter().filter(|file| file.path.starts_with(&below));
                let is_other = |c: char| !c.is_ascii_alphanumeric() && c != '_';
                let mut sources = sources.filter(|file| file.path.ends_with(".rs"));
                if !sources.any(|file| file.text().split(is_other).any(|found| found == word)) {
                    report(dependency, format!("no source of {name} names {dependency}"));
                }
            }
        }
        for (codec, other) in STRANGERS {
            if *codec == name && names(manifest.get("dev-dependencies")).any(|dependency| dependency == *other) {
                report(other, format!("{codec} must not know {other}, not even in tests"));
            }
        }
        let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool);
        if inherits != Some(true) {
            report("[lints]", "lacks `[lints] workspace = true`".to_owned());
        }
    }
    problems
}

fn names(section: Option<&Value>) -> impl Iterator<Item = &str> {
    section.and_then(Value::as_table).into_iter().flat_map(Table::keys).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::check;
    use crate::{repository::Repository, tidy::shown};

    /// Of a crate whose source names what the manifests here depend on.
    fn problems(name: &str, manifest: &str) -> Vec<String> {
        let source = "use {jiff, serde, serde_json, cc, libc, certgate_xml, certgate_json};";
        shown(&check(&Repository::of(&[
            (&format!("crates/{name}/Cargo.toml"), manifest),
            (&format!("crates/{name}/src/lib.rs"), source),
        ])))
    }

    #[test]
    fn what_is_in_the_table_passes() {
        let manifest =
            "[dependencies]\njiff.workspace = true\n[dev-dependencies]\nserde = \"1\"\n[lints]\nworkspace = true\n";
        assert_eq!(problems("certgate-domain", manifest), Vec::<String>::new());
    }

    #[test]
    fn each_rule_goes_red() {
        let lints = "[lints]\nworkspace = true\n";
        for (name, manifest, expected) in [
            ("certgate-domain", "[dependencies]\nserde = \"1\"\n", "2: certgate-domain must not depend on serde"),
            (
                "certgate-json",
                "[dependencies]\nserde_json = \"1\"\ncertgate-xml.workspace = true\n",
                "3: certgate-json must not depend on certgate-xml",
            ),
            (
                "certgate-xml",
                "[dev-dependencies]\ncertgate-json.workspace = true\n",
                "2: certgate-xml must not know certgate-json, not even in tests",
            ),
            ("certgate-wire", "[build-dependencies]\ncc = \"1\"\n", "2: certgate-wire must not depend on cc"),
            (
                "certgate-flow",
                "[target.'cfg(unix)'.dependencies]\nlibc = \"1\"\n",
                "2: certgate-flow must not depend on libc, not even on one platform",
            ),
            (
                "certgate-domain",
                "[dependencies]\njiff = \"1\"\n[dev-dependencies]\nunused-crate = \"1\"\n",
                "4: no source of certgate-domain names unused-crate",
            ),
            (
                "certgate-unknown",
                "[package]\nname = \"certgate-unknown\"\n",
                "2: certgate-unknown is not in the table of allowed dependencies",
            ),
        ] {
            let path = format!("crates/{name}/Cargo.toml");
            assert_eq!(problems(name, &format!("{manifest}{lints}")), [format!("{path}:{expected}")]);
        }
        assert_eq!(
            problems("certgate-cli", "[lints]\nworkspace = false\n"),
            ["crates/certgate-cli/Cargo.toml:1: lacks `[lints] workspace = true`"]
        );
        assert!(problems("certgate-cli", "[lints")[0].starts_with("crates/certgate-cli/Cargo.toml:1: not TOML"));
    }
}
