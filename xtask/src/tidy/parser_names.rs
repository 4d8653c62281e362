//! Only two files know which XML parser is used.

use super::Problem;
use crate::repository::Repository;

const NAME: &str = "quick_xml";
const KNOWING: &[&str] = &["crates/certgate-xml/src/tree.rs", "crates/certgate-xml/src/out.rs"];

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    // xtask is left out: the bench compares with the bare parser, and this file names it.
    for file in repository.files.iter().filter(|file| file.is_rust() && file.is_in("crates")) {
        if KNOWING.contains(&file.path.as_str()) {
            continue;
        }
        for (at, line) in file.text().lines().enumerate() {
            if line.contains(NAME) {
                problems.push(Problem::new(
                    &file.path,
                    at + 1,
                    format!("only {} may name {NAME}", KNOWING.join(" and ")),
                ));
            }
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
    fn two_files_only() {
        let repository = Repository::of(&[
            ("crates/certgate-xml/src/tree.rs", "use quick_xml::Reader;\n"),
            ("crates/certgate-xml/src/out.rs", "use quick_xml::escape;\n"),
            ("crates/certgate-xml/src/value.rs", "//! Values.\nuse quick_xml::escape;\n"),
            ("crates/certgate-xml/tests/it.rs", "quick_xml::Reader"),
            ("xtask/src/bench/codec.rs", "use quick_xml::Reader;\n"),
            ("fixtures/README.md", "quick_xml\n"),
        ]);
        let rule = "only crates/certgate-xml/src/tree.rs and crates/certgate-xml/src/out.rs may name quick_xml";
        assert_eq!(
            shown(&check(&repository)),
            [
                format!("crates/certgate-xml/src/value.rs:2: {rule}"),
                format!("crates/certgate-xml/tests/it.rs:1: {rule}")
            ]
        );
    }
}
