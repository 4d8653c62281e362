//! Completions and the man page, from the definitions that `--help` shows.

use std::collections::BTreeSet;

use pretty_assertions::assert_eq;

use crate::support::binary::{certgate, exit, stderr};

fn printed(arguments: &[&str]) -> String {
    let output = certgate(arguments, "");
    assert_eq!(exit(&output), 0, "{arguments:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// The subcommands that a command's help lists: the top's in several groups.
fn subcommands(help: &str, is_top: bool) -> Vec<String> {
    let list = match help.split_once("\nCommands:\n") {
        Some((_, list)) => list.split("\n\n").next().unwrap_or_default(),
        None if is_top => help,
        None => return Vec::new(),
    };
    let lines = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = lines.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}

fn look(path: &mut Vec<String>, found: &mut BTreeSet<String>) {
    let arguments: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
    let help = printed(&arguments);
    let words = help.split(|c: char| c.is_whitespace() || "[]<>,;=`".contains(c));
    found.extend(words.filter_map(|word| word.strip_prefix("--")).filter(|word| !word.is_empty()).map(str::to_owned));
    for name in subcommands(&help, path.is_empty()) {
        path.push(name.clone());
        look(path, found);
        path.pop();
        found.insert(name);
    }
}

#[test]
fn completions_and_man_page_hold_all_that_help_shows() {
    let mut words = BTreeSet::new();
    look(&mut Vec::new(), &mut words);
    look(&mut vec!["help".to_owned(), "options".to_owned()], &mut words);
    assert!(words.len() > 40 && words.contains("reissue") && words.contains("password-file"), "{words:?}");
    let man = printed(&["man"]).replace("\\-", "-");
    assert!(man.contains(".TH certgate 1"), "{man}");
    let scripts =
        ["bash", "zsh", "fish", "powershell", "elvish"].map(|shell| (shell, printed(&["completions", shell])));
    for word in &words {
        assert!(man.contains(word.as_str()), "man: {word}");
        for (shell, script) in &scripts {
            assert!(script.contains(word.as_str()), "{shell}: {word}");
        }
    }
}
