//! The manual's page of all commands, made from the definitions that `--help` shows. `cargo xtask reference` writes it anew.

use std::{fs, path::Path};

use clap::{Command, CommandFactory};

use super::{GROUPS, arranged, topic};
use crate::cli::Arguments;

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
