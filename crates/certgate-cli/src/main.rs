//! `certgate`: certificates over the XML gateway or the JSON API, with the same results, output and exit codes.

#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods, reason = "this is the command line")]
#![allow(clippy::indexing_slicing, reason = "a member of a JSON object is added by index, which cannot panic")]

mod arguments;
mod command;
mod connection;
mod curl;
mod document;
mod failure;
mod folders;
mod install;
mod keys;
mod listing;
mod password;
mod plan;
mod profile;
mod progress;
mod report;
mod sandbox;
mod settings;
mod several;
mod sure;
mod table;
mod template;
mod validation;
mod verdicts;

use std::process::ExitCode;

use crate::{arguments::Arguments, failure::Failure};

fn main() -> ExitCode {
    let arguments = match Arguments::read() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => {
            let wants_json = asks_for_json(std::env::args());
            return Failure::usage(error.to_string().trim().trim_start_matches("error: ")).report(wants_json);
        }
        Err(help) => {
            let _ = help.print();
            return ExitCode::SUCCESS;
        }
    };
    let json = arguments.global.json();
    match command::run(arguments) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => failure.report(json),
    }
}

/// Whether arguments that could not be read ask for JSON.
fn asks_for_json(arguments: impl Iterator<Item = String>) -> bool {
    let arguments: Vec<String> = arguments.collect();
    arguments.iter().any(|argument| argument == "--output=json")
        || arguments.windows(2).any(|pair| matches!(pair, [option, value] if option == "--output" && value == "json"))
}
