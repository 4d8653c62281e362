//! `certgate`: certificates over the XML gateway or the JSON API, with the same results, output and exit codes.

#![allow(clippy::disallowed_methods, reason = "this is the command line")]
#![allow(clippy::indexing_slicing, reason = "a member of a JSON object is added by index, which cannot panic")]

mod app;
mod args;
mod cli;
mod command;
mod common;
mod exit;
mod streams;
mod ui;

use std::{
    panic::AssertUnwindSafe,
    process::ExitCode,
    sync::{Arc, Mutex},
};

use clap::{ColorChoice, CommandFactory};

use crate::{
    app::App,
    cli::Arguments,
    exit::{Exit, Failure, Kind},
    streams::Stdout,
};

fn main() -> ExitCode {
    leave_no_core_dump();
    take_no_file_size_signal();
    let arguments = match Arguments::read() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => {
            let arguments = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
            let arguments: Vec<String> = arguments.collect();
            let failure = Failure::usage(cli::unread(&error));
            return ui::ending::report_unread(&failure, asks_for_check(&arguments), asks_for_json(&arguments));
        }
        Err(help) => {
            let stdout = Stdout::default();
            stdout.piece(&ui::help::shown(&help.render()));
            // A reader that is gone has what it wants.
            return stdout.flush().map_or(ExitCode::SUCCESS, ui::ending::report_unprinted);
        }
    };
    let Arguments { global, command, name } = arguments;
    match global.color {
        ColorChoice::Always => console::set_colors_enabled(true),
        ColorChoice::Never => console::set_colors_enabled(false),
        ColorChoice::Auto => {}
    }
    let app = App::new(global);
    let ended = contained(|| match command {
        Some(command) => command::run(&app, command),
        None => {
            ui::help::first_screen(&app);
            Ok(Exit::DONE)
        }
    });
    let code = ui::ending::conclude(&app, ended);
    app.record_run(&name, code);
    match app.stdout.flush() {
        Some(why) => ui::ending::report_lost_output(&app, why, code),
        None => ExitCode::from(code),
    }
}

/// A core dump would hold the password. What this process starts inherits the soft limit and may raise it.
fn leave_no_core_dump() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Core);
        let _ = setrlimit(Resource::Core, rustix::process::Rlimit { current: Some(0), ..limit });
    }
}

/// What may not grow any more (`ulimit -f`) is an error of the write, and no signal that ends the process without a word. Threads
/// inherit it, and so does what this process starts, until a program clears its mask, as dash does: a hook of another shell is told of it
/// by the write, too.
fn take_no_file_size_signal() {
    #[cfg(unix)]
    {
        use nix::sys::signal::{SigSet, Signal};
        let _ = SigSet::from(Signal::SIGXFSZ).thread_block();
    }
}

/// Runs it; a panic is a bug of ours and said like any other failure, with its place but not its text, which may hold anything.
fn contained(run: impl FnOnce() -> Result<Exit, Failure>) -> Result<Exit, Failure> {
    let place = Arc::new(Mutex::new(String::new()));
    let noted = place.clone();
    std::panic::set_hook(Box::new(move |panic| {
        if let (Some(place), Ok(mut noted)) = (panic.location(), noted.lock()) {
            *noted = place.to_string();
        }
    }));
    std::panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        let place = place.lock().map(|place| place.clone()).unwrap_or_default();
        let text = format!("a bug of certgate, at {place}: please report it; what was ordered is in `certgate orders`");
        Err(Failure::new(Kind::Internal, text))
    })
}

/// Whether arguments that could not be read ask for JSON.
fn asks_for_json(arguments: &[String]) -> bool {
    arguments.iter().any(|argument| matches!(argument.as_str(), "--json" | "--output=json" | "-ojson" | "-o=json"))
        || arguments.windows(2).any(
            |pair| matches!(pair, [option, value] if matches!(option.as_str(), "--output" | "-o") && value == "json"),
        )
}

/// Whether arguments that could not be read ask for a check, which a monitoring system reads.
fn asks_for_check(arguments: &[String]) -> bool {
    let read = Arguments::command().ignore_errors(true).try_get_matches_from(arguments);
    read.is_ok_and(|read| read.subcommand_name() == Some("status")) && arguments.iter().any(|word| word == "--check")
}

#[cfg(test)]
mod tests {
    use super::contained;
    use crate::exit::Kind;

    #[test]
    fn a_panic_is_said_without_its_text() {
        let failure = contained(|| panic!("s3cret")).unwrap_err();
        assert_eq!(failure.kind(), Kind::Internal);
        let text = failure.to_string();
        assert!(text.contains("main.rs:") && !text.contains("s3cret"), "{text}");
        assert_eq!(contained(|| Ok(Kind::Unchanged.into())).unwrap().kind(), Some(Kind::Unchanged));
    }
}
