//! The crates that we did not write: each is there for a reason that is written down, and none is a pre-release.

use toml::{Table, Value};

use super::{Problem, line_of};
use crate::repository::{File, Repository};

const MANIFEST: &str = "Cargo.toml";
const LOCK: &str = "Cargo.lock";
const REASONS: &str = "ARCHITECTURE.md";
/// Where the table of reasons begins: crates in the first column, several with commas between them.
const TABLE: &str = "## Crates we did not write";

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let text = |path: &str| repository.files.iter().find(|file| file.path == path).map(File::text);
    let (Some(manifest), Some(lock), Some(reasons)) = (text(MANIFEST), text(LOCK), text(REASONS)) else {
        return vec![Problem::new(MANIFEST, 1, format!("{MANIFEST}, {LOCK} or {REASONS} is missing"))];
    };
    let mut problems = Vec::new();
    let used: Vec<String> = toml::from_str::<Table>(&manifest)
        .ok()
        .as_ref()
        .and_then(|manifest| manifest.get("workspace")?.get("dependencies")?.as_table())
        .into_iter()
        .flat_map(Table::keys)
        .filter(|name| !name.starts_with("certgate"))
        .cloned()
        .collect();
    let before = line_of(&reasons, TABLE);
    let mut explained = Vec::new();
    for (at, line) in reasons.lines().enumerate().skip(before) {
        let names = line.strip_prefix("| ").and_then(|line| line.split(" | ").next()).unwrap_or_default();
        for name in names.split(", ").filter(|name| !name.is_empty() && !["crate", "---"].contains(name)) {
            if !used.iter().any(|used| used == name) {
                problems.push(Problem::new(
                    REASONS,
                    at + 1,
                    format!("{name} is in the table and nobody depends on it"),
                ));
            }
            explained.push(name);
        }
    }
    for name in used.iter().filter(|name| !explained.contains(&name.as_str())) {
        let what = format!("{name}: the table in {REASONS} does not say why it is there");
        problems.push(Problem::new(MANIFEST, line_of(&manifest, &format!("{name} =")), what));
    }
    let lock = toml::from_str::<Table>(&lock).unwrap_or_default();
    for package in lock.get("package").and_then(Value::as_array).into_iter().flatten() {
        let said = |key: &str| package.get(key).and_then(Value::as_str).unwrap_or_default();
        // What stands behind a plus says where a version is from, not whether it is finished.
        if said("version").split('+').next().is_some_and(|version| version.contains('-')) {
            let what = format!("{} {} is a pre-release", said("name"), said("version"));
            problems.push(Problem::new(LOCK, 1, what));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::check;
    use crate::{repository::Repository, tidy::shown};

    #[test]
    fn each_crate_has_a_reason_and_a_release() {
        let manifest = "[workspace.dependencies]\ncertgate-wire = { path = \"x\" }\ntoml = \"1\"\nring = \"0.17\"\nrsa = \"0.10\"\n";
        let reasons = |rows: &str| {
            format!("# X\n\n## Crates we did not write, and why\n\n| crate | why |\n| --- | --- |\n{rows}")
        };
        let released = "[[package]]\nname = \"toml\"\nversion = \"1.2.1+spec-1.1.0\"\n";
        let problems = |reasons: &str, lock: &str| {
            let files = [("Cargo.toml", manifest), ("Cargo.lock", lock), ("ARCHITECTURE.md", reasons)];
            shown(&check(&Repository::of(&files)))
        };
        assert_eq!(problems(&reasons("| toml | profiles |\n| ring, rsa | keys |\n"), released), Vec::<String>::new());
        assert_eq!(
            problems(
                &reasons("| toml | profiles |\n| rsa, cms | keys |\n"),
                "[[package]]\nname = \"cms\"\nversion = \"0.3.0-pre.1\"\n"
            ),
            [
                "ARCHITECTURE.md:8: cms is in the table and nobody depends on it",
                "Cargo.toml:4: ring: the table in ARCHITECTURE.md does not say why it is there",
                "Cargo.lock:1: cms 0.3.0-pre.1 is a pre-release",
            ]
        );
        assert_eq!(shown(&check(&Repository::of(&[]))).len(), 1);
    }
}
