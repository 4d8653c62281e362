//! The manual's page of all commands, made from the definitions that `--help` shows. `cargo xtask reference` writes it anew.

use std::{fs, path::Path};

use clap::{Command, CommandFactory};

use crate::{
    cli::Arguments,
    ui::help::{GROUPS, arranged, shown, topic},
};

const HEAD: &str = "# Commands

What `certgate help` shows of each command, and the [options of every command](#options-of-every-command). This page is written by `cargo xtask reference`.
";

fn page() -> String {
    let command = arranged(Arguments::command()).term_width(100);
    let mut page = HEAD.to_owned();
    for (title, names) in GROUPS {
        page += &format!("\n## {title}\n");
        for name in *names {
            add(&mut page, &command, &mut vec![(*name).to_owned()]);
        }
    }
    page += "\n## Options of every command\n";
    block(&mut page, &topic(&command, &["options".to_owned()]).unwrap());
    page
}

/// A command's section, those of its subcommands after it.
fn add(page: &mut String, top: &Command, words: &mut Vec<String>) {
    let found = words.iter().try_fold(top, |command, word| command.find_subcommand(word)).unwrap();
    *page += &format!("\n### certgate {}\n", words.join(" "));
    block(page, &topic(top, words).unwrap());
    for subcommand in found.get_subcommands() {
        words.push(subcommand.get_name().to_owned());
        add(page, top, words);
        words.pop();
    }
}

fn block(page: &mut String, text: &str) {
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    *page += &format!("\n```text\n{}\n```\n", lines.join("\n"));
}

#[test]
fn the_manual_has_every_command_as_help_shows_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/reference/commands.md");
    let page = page();
    if std::env::var_os("CERTGATE_WRITE_REFERENCE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/src/reference/commands.md is not what help shows: run `cargo xtask reference`");
}

/// The commands in a text of examples, without what the shell does with their output.
fn examples(text: &str) -> Vec<String> {
    let mut examples: Vec<String> = Vec::new();
    // A line that is broken goes on in the next one.
    let text = text.replace("\\\n", "").replace(" |\n    ", " | ");
    let from = text.lines().skip_while(|line| !matches!(*line, "Example:" | "Examples:")).skip(1);
    for line in from.take_while(|line| line.starts_with("  ")).filter(|line| !line.starts_with("    ")) {
        examples.extend(line.find("certgate ").map(|at| line.split_at(at).1.to_owned()));
    }
    examples
        .iter()
        .map(|example| example.split(['|', '>', '&', ')', ';']).next().unwrap_or_default().to_owned())
        .collect()
}

/// The words of a command, `'` and `"` around one that has blanks.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if c == open => quote = None,
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn every_example_is_a_command_line() {
    fn look(top: &Command, command: &Command, found: &mut usize) {
        let text = command.get_after_help().map(shown).unwrap_or_default();
        for example in examples(&text) {
            let result = top.clone().try_get_matches_from(words(&example));
            assert!(result.is_ok(), "{example}: {}", result.unwrap_err());
            *found += 1;
        }
        command.get_subcommands().for_each(|command| look(top, command, found));
    }
    let (top, mut found) = (arranged(Arguments::command()), 0);
    top.get_subcommands().for_each(|command| look(&top, command, &mut found));
    assert!(found > 40, "{found} examples");
}
