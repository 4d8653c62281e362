//! What must not be committed: paths of one machine.

use super::Problem;
use crate::repository::Repository;

/// Put together, so that this file does not break its own rule.
const WORDS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/tmp/br", "iefs"), concat!("/ro", "ot/"), concat!("/Us", "ers/")];

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in &repository.files {
        for (at, line) in file.text().lines().enumerate() {
            for word in WORDS.iter().filter(|word| line.contains(**word)) {
                problems.push(Problem::new(&file.path, at + 1, format!("`{word}` is a path of one machine")));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::{WORDS, check};
    use crate::{repository::Repository, tidy::shown};

    #[test]
    fn each_word_is_found() {
        for word in WORDS {
            let text = format!("fine\nsee {word}x\n");
            let repository = Repository::of(&[("README.md", &text), ("LICENSE", "fine\n")]);
            assert_eq!(shown(&check(&repository)), [format!("README.md:2: `{word}` is a path of one machine")]);
        }
    }
}
