//! How long files are and what they are called.

use super::Problem;
use crate::repository::{File, Repository};

/// The most lines of a source file.
const LINES: usize = 500;

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in repository.files.iter().filter(|file| file.is_rust()) {
        let lines = file.text().lines().count();
        if is_source(file) && lines > LINES {
            problems.push(Problem::new(&file.path, LINES + 1, format!("{lines} lines; {LINES} at most")));
        }
        if file.name() == "mod.rs" {
            problems.push(Problem::new(&file.path, 1, "name it after the module, beside its folder"));
        }
    }
    problems
}

fn is_source(file: &File) -> bool {
    file.is_in("xtask/src")
        || file
            .path
            .strip_prefix("crates/")
            .and_then(|path| path.split_once('/'))
            .is_some_and(|(_, path)| path.starts_with("src/"))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::{LINES, check};
    use crate::{repository::Repository, tidy::shown};

    #[test]
    fn length_and_names() {
        let (longest, too_long) = ("x\n".repeat(LINES), "x\n".repeat(LINES + 1));
        let repository = Repository::of(&[
            ("crates/a/src/lib.rs", &longest),
            ("crates/a/src/b/long.rs", &too_long),
            ("crates/a/src/c/mod.rs", ""),
            ("crates/a/tests/it.rs", &too_long),
            ("xtask/src/long.rs", &too_long),
            ("fixtures/long.xml", &too_long),
        ]);
        assert_eq!(
            shown(&check(&repository)),
            [
                "crates/a/src/b/long.rs:501: 501 lines; 500 at most",
                "crates/a/src/c/mod.rs:1: name it after the module, beside its folder",
                "xtask/src/long.rs:501: 501 lines; 500 at most",
            ]
        );
    }
}
