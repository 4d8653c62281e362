//! How long files are, what they are called, where tests are, and how they start the binary.

use super::{Problem, source::code_lines};
use crate::repository::{File, Repository};

/// The most lines of a source file.
const LINES: usize = 500;
/// Where each command of the command line has its file, and the most lines of code in it. Comments, the lines of help texts and tests do
/// not count.
const COMMANDS: (&str, usize) = ("crates/certgate-cli/src/command", 80);
/// With these words a test says why it is not in its crate's one binary.
const ALONE: &str = "A binary of its own";
/// Where the tests of the command line start it.
const STARTS: &str = "support/binary.rs";

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in repository.files.iter().filter(|file| file.is_rust()) {
        let lines = file.text().lines().count();
        if is_source(file) && lines > LINES {
            problems.push(Problem::new(&file.path, LINES + 1, format!("{lines} lines; {LINES} at most")));
        }
        let (commands, most) = COMMANDS;
        let code = if file.is_in(commands) { code_lines(&file.text()) } else { 0 };
        if code > most {
            let what = format!(
                "{code} lines of code; {most} at most: what decides belongs to the library, what prints to ui, options to args"
            );
            problems.push(Problem::new(&file.path, most + 1, what));
        }
        if is_test_binary(file) && !file.text().contains(ALONE) {
            let what = format!("make it a module of tests/it/main.rs, or say in its header why it is `{ALONE}`");
            problems.push(Problem::new(&file.path, 1, what));
        }
        if file.is_in("crates/certgate-cli/tests") && !file.path.ends_with(STARTS) {
            for (at, _) in file.text().lines().enumerate().filter(|(_, line)| line.contains(".env_clear()")) {
                let what = format!("it would see another date than the test (calendar): start it by what {STARTS} has");
                problems.push(Problem::new(&file.path, at + 1, what));
            }
        }
        if file.name() == "mod.rs" {
            problems.push(Problem::new(&file.path, 1, "name it after the module, beside its folder"));
        }
    }
    problems
}

fn is_source(file: &File) -> bool {
    file.is_in("xtask/src") || in_crate(file).is_some_and(|path| path.starts_with("src/"))
}

/// Cargo makes a binary of each file that is right in the folder.
fn is_test_binary(file: &File) -> bool {
    in_crate(file).and_then(|path| path.strip_prefix("tests/")).is_some_and(|name| !name.contains('/'))
}

/// A file's path in its crate.
fn in_crate(file: &File) -> Option<&str> {
    file.path.strip_prefix("crates/")?.split_once('/').map(|(_, path)| path)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::{COMMANDS, LINES, check};
    use crate::{repository::Repository, tidy::shown};

    #[test]
    fn length_and_names() {
        let (longest, too_long) = ("x\n".repeat(LINES), "x\n".repeat(LINES + 1));
        // What is no code is as long as it likes.
        let command = |lines: usize| {
            let help = "help\n".repeat(100);
            format!("/// A command.\n#[command(after_help = \"{help}\")]\n{}", "run();\n".repeat(lines - 1))
                + &format!("\n#[cfg(test)]\nmod tests {{\n{}}}\n", "test();\n".repeat(100))
        };
        let repository = Repository::of(&[
            ("crates/a/src/lib.rs", &longest),
            ("crates/a/src/b/long.rs", &too_long),
            ("crates/a/src/c/mod.rs", ""),
            ("crates/a/tests/it/long.rs", &too_long),
            ("crates/a/tests/loose.rs", ""),
            ("crates/certgate-cli/src/command/whole.rs", &command(COMMANDS.1)),
            ("crates/certgate-cli/src/command/serve/long.rs", &command(COMMANDS.1 + 1)),
            ("crates/certgate-cli/src/ui/long.rs", &command(COMMANDS.1 + 1)),
            ("crates/certgate-cli/tests/it/info.rs", "fn f() {\n    command.env_clear();\n}\n"),
            ("crates/certgate-cli/tests/it/support/binary.rs", "command.env_clear();\n"),
            ("crates/a/tests/memory.rs", "//! A binary of its own: it counts."),
            ("xtask/src/long.rs", &too_long),
            ("fixtures/long.xml", &too_long),
        ]);
        assert_eq!(
            shown(&check(&repository)),
            [
                "crates/a/src/b/long.rs:501: 501 lines; 500 at most",
                "crates/a/src/c/mod.rs:1: name it after the module, beside its folder",
                "crates/a/tests/loose.rs:1: make it a module of tests/it/main.rs, or say in its header why it is `A binary of its own`",
                "crates/certgate-cli/src/command/serve/long.rs:81: 81 lines of code; 80 at most: what decides belongs to the library, \
                 what prints to ui, options to args",
                "crates/certgate-cli/tests/it/info.rs:2: it would see another date than the test (calendar): start it by what \
                 support/binary.rs has",
                "xtask/src/long.rs:501: 501 lines; 500 at most",
            ]
        );
    }
}
