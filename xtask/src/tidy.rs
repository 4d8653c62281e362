//! `cargo xtask tidy`: the rules of this repository that a lint cannot hold.

mod dependencies;
mod files;
mod fixtures;
mod foreign_crates;
mod links;
mod never;
mod parser_names;
mod source;
mod weight;
mod words;

use std::fmt;

use crate::{
    Failure,
    repository::{self, Repository},
};

/// A rule that is broken, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Problem {
    path: String,
    line: usize,
    what: String,
}

impl Problem {
    fn new(path: impl Into<String>, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.into(), line, what: what.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

type Rule = fn(&Repository) -> Vec<Problem>;

const RULES: &[(&str, Rule)] = &[
    ("dependencies", dependencies::check),
    ("foreign crates", foreign_crates::check),
    ("never", never::check),
    ("parser names", parser_names::check),
    ("fixtures", fixtures::check),
    ("files", files::check),
    ("links", links::check),
    ("words", words::check),
    ("weight", weight::check),
];

pub(crate) fn run() -> Result<(), Failure> {
    let repository = Repository::read(&repository::root())?;
    let mut count = 0;
    for (name, rule) in RULES {
        let problems = rule(&repository);
        println!("{} {name}", if problems.is_empty() { "ok " } else { "BAD" });
        for problem in &problems {
            println!("    {problem}");
        }
        count += problems.len();
    }
    if count == 0 { Ok(()) } else { Err(format!("tidy: {count} problems")) }
}

/// The line of the first text that starts with this, 1 where none does.
fn line_of(text: &str, start: &str) -> usize {
    text.lines().position(|line| line.starts_with(start)).map_or(1, |at| at + 1)
}

#[cfg(test)]
fn shown(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(Problem::to_string).collect()
}
