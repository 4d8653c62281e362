//! One file a command.

pub(crate) mod batch;
pub(crate) mod call;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod contact;
pub(crate) mod convert;
pub(crate) mod create;
pub(crate) mod csr;
pub(crate) mod decode;
pub(crate) mod delete;
pub(crate) mod doctor;
pub(crate) mod hello;
pub(crate) mod info;
pub(crate) mod job;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod orders;
pub(crate) mod poll;
pub(crate) mod prepare;
pub(crate) mod reissue;
pub(crate) mod renew;
pub(crate) mod renew_due;
pub(crate) mod replay;
pub(crate) mod resume;
pub(crate) mod revoke;
pub(crate) mod rollback;
pub(crate) mod serve;
pub(crate) mod status;
pub(crate) mod tasks;

use crate::{
    args::{Arguments, Command, Global},
    exit::Failure,
};

/// Runs a command; gives its exit code. What it was to record has the last word.
pub(crate) fn run(arguments: Arguments) -> Result<u8, Failure> {
    let Arguments { global, command } = arguments;
    let mut ended = run_command(command, &global);
    let tape = global.tape.get().and_then(|tape| tape.finish().err()).map(Failure::from);
    let trace = global.traced.get().and_then(|trace| trace.finish().err()).map(Failure::from);
    for error in [tape, trace].into_iter().flatten() {
        ended = Err(match ended {
            // What it prints is printed.
            Ok(_) => error.said(),
            Err(failure) => failure.and(error.text()),
        });
    }
    ended
}

fn run_command(command: Command, global: &Global) -> Result<u8, Failure> {
    match command {
        Command::Reissue(command) => command.run(global),
        Command::Create(command) => command.run(global),
        Command::Renew(command) => command.run(global),
        Command::Revoke(command) => command.run(global),
        Command::Delete(command) => command.run(global),
        Command::Resume(command) => command.run(global),
        Command::Prepare(command) => command.run(global),
        Command::Info(command) => command.run(global),
        Command::List(command) => command.run(global),
        Command::Contact(command) => command.run(global),
        Command::Job(command) => command.run(global),
        Command::Batch(command) => command.run(global),
        Command::Orders(command) => command.run(global),
        Command::Poll(command) => command.run(global),
        Command::Call(command) => command.run(global),
        Command::Tasks => tasks::run(global),
        Command::Hello => hello::run(global),
        Command::Decode(command) => command.run(global),
        Command::Convert(command) => command.run(global),
        Command::Replay(command) => command.run(global),
        Command::Compare(command) => command.run(global),
        Command::Serve(command) => command.run(global),
        Command::Csr(command) => command.run(global),
        Command::Status(command) => command.run(global),
        Command::RenewDue(command) => command.run(global),
        Command::Rollback(command) => command.run(global),
        Command::Config(command) => command.run(global),
        Command::Doctor => doctor::run(global),
        Command::Completions(command) => command.run(global),
        Command::Man => man::run(global),
    }
}
