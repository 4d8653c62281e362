//! The end of a run: what is said of it, and the exit code.

use std::{io, process::ExitCode};

use certgate::monitoring::Verdict;

use crate::{
    app::App,
    exit::{Exit, Failure, Kind},
    streams::{Stdout, say},
    ui::monitoring::verdict,
};

/// Says how a command ended, where that is to be said, and gives the exit code.
pub(crate) fn conclude(app: &App, ended: Result<Exit, Failure>) -> u8 {
    let exit = match ended {
        Ok(exit) => exit,
        Err(failure) => return report(&app.stdout, app.json(), &app.reported(failure)),
    };
    if exit.kind() == Some(Kind::Unchanged) && !app.quiet {
        say(&format!("certgate: {}", exit.note()));
    }
    exit.code(if app.unchanged_ok { 0 } else { Kind::Unchanged.exit_code() })
}

/// Arguments that could not be read. Those of a check are unknown to a monitoring system.
pub(crate) fn report_unread(failure: &Failure, is_check: bool, wants_json: bool) -> ExitCode {
    let stdout = Stdout::default();
    if !is_check {
        return ExitCode::from(report(&stdout, wants_json, failure));
    }
    let unknown = Verdict::unknown(failure.to_string());
    verdict(&stdout, wants_json, &unknown);
    stdout.flush();
    ExitCode::from(unknown.level.code())
}

/// Something that was to be printed is lost; what was done is done. Whatever else went wrong has the last word.
pub(crate) fn report_lost_output(app: &App, why: &io::Error, code: u8) -> ExitCode {
    let text = format!("standard output: {why}; what was to be printed is lost, what was done is done");
    let lost = report(&app.stdout, false, &Failure::new(Kind::Local, text));
    ExitCode::from(if code == 0 || code == Kind::Unchanged.exit_code() { lost } else { code })
}

/// A page that was asked for could not be printed.
pub(crate) fn report_unprinted(why: &io::Error) -> ExitCode {
    let failure = Failure::new(Kind::Local, format!("standard output: {why}"));
    ExitCode::from(report(&Stdout::default(), false, &failure))
}

fn report(stdout: &Stdout, json: bool, failure: &Failure) -> u8 {
    say(&format!("certgate: {failure}"));
    if json && !failure.is_said() {
        stdout.print(&failure.document());
    }
    failure.kind().exit_code()
}
