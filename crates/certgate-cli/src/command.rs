//! One file a command.

pub(crate) mod adopt;
pub(crate) mod apply;
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
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod fetch;
pub(crate) mod hello;
pub(crate) mod help;
pub(crate) mod info;
pub(crate) mod job;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod orders;
pub(crate) mod plan;
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
pub(crate) mod store;
pub(crate) mod tasks;
pub(crate) mod verify;
pub(crate) mod zone;

use crate::{
    app::App,
    cli::Command,
    exit::{Exit, Failure, beside},
};

/// Runs a command. What it was to record has the last word.
pub(crate) fn run(app: &App, command: Command) -> Result<Exit, Failure> {
    let mut ended = run_command(app, command);
    for error in app.unrecorded() {
        ended = Err(beside(ended, error));
    }
    ended
}

fn run_command(app: &App, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Reissue(command) => command.run(app),
        Command::Create(command) => command.run(app),
        Command::Renew(command) => command.run(app),
        Command::Revoke(command) => command.run(app),
        Command::Delete(command) => command.run(app),
        Command::Resume(command) => command.run(app),
        Command::Prepare(command) => command.run(app),
        Command::Info(command) => command.run(app),
        Command::Fetch(command) => command.run(app),
        Command::List(command) => command.run(app),
        Command::Contact(command) => command.run(app),
        Command::Job(command) => command.run(app),
        Command::Batch(command) => command.run(app),
        Command::Orders(command) => command.run(app),
        Command::Store(command) => command.run(app),
        Command::Zone(command) => command.run(app),
        Command::Poll(command) => command.run(app),
        Command::Call(command) => command.run(app),
        Command::Tasks => tasks::run(app),
        Command::Hello => hello::run(app),
        Command::Decode(command) => command.run(app),
        Command::Convert(command) => command.run(app),
        Command::Replay(command) => command.run(app),
        Command::Compare(command) => command.run(app),
        Command::Serve(command) => command.run(app),
        Command::Csr(command) => command.run(app),
        Command::Status(command) => command.run(app),
        Command::Adopt(command) => command.run(app),
        Command::Verify(command) => command.run(app),
        Command::RenewDue(command) => command.run(app),
        Command::Plan(command) => command.run(app),
        Command::Apply(command) => command.run(app),
        Command::Rollback(command) => command.run(app),
        Command::Config(command) => command.run(app),
        Command::Demo(command) => command.run(app),
        Command::Doctor => doctor::run(app),
        Command::Help(command) => command.run(app),
        Command::Completions(command) => command.run(app),
        Command::Man => man::run(app),
    }
}
