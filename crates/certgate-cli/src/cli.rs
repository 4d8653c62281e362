//! The whole command line, as clap reads it.

#[cfg(test)]
mod reference;

use std::{
    error::Error,
    ffi::OsStr,
    num::{IntErrorKind, ParseIntError},
};

use clap::{
    ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand, builder::Resettable, error::ErrorKind,
    parser::ValueSource,
};

use crate::{
    args::Global,
    command::{
        adopt, apply, batch, call, compare, completions, config, contact, convert, create, csr, decode, delete, demo,
        fetch, help, info, job, list, orders, plan, poll, prepare, reissue, renew, renew_due, replay, resume, revoke,
        rollback, serve, status, store, verify, zone,
    },
    ui::help::arranged,
};

/// Certificates over the InterNetX XML gateway or its JSON API.
#[derive(Debug, Parser)]
#[command(name = "certgate", version, max_term_width = 120, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// The command's name as it was typed: `renew-due`, `poll follow`, `renew-due --dry-run`.
    #[arg(skip)]
    pub(crate) name: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Reissue(reissue::Reissue),
    Create(create::Create),
    Renew(renew::Renew),
    Revoke(revoke::Revoke),
    Delete(delete::Delete),
    Resume(resume::Resume),
    Prepare(prepare::Prepare),
    Info(info::Info),
    Fetch(fetch::Fetch),
    Batch(batch::Batch),
    Orders(orders::Orders),
    /// The store itself: what it is, its tables, a copy of it
    #[command(subcommand)]
    Store(store::Store),
    List(list::List),
    /// The contacts of certificates (tasks 400201 to 400205).
    #[command(subcommand)]
    Contact(contact::Contact),
    /// The orders that the gateway works on.
    #[command(subcommand)]
    Job(job::Job),
    /// The zones of an AutoDNS account (tasks 0205, 0202001).
    #[command(subcommand)]
    Zone(zone::ZoneCommand),
    /// The account's queue of notifications (tasks 0905, 0906).
    #[command(subcommand)]
    Poll(poll::Poll),
    Call(call::Call),
    /// List the tasks.
    #[command(after_help = "Example:\n  certgate tasks --output json")]
    Tasks,
    /// Test connection and credentials.
    #[command(after_help = "Example:\n  certgate hello --transport xml --sandbox")]
    Hello,
    Decode(decode::Decode),
    Convert(convert::Convert),
    /// Tapes of recorded exchanges.
    #[command(subcommand)]
    Replay(replay::Replay),
    Compare(compare::Compare),
    /// Run a gateway of our own.
    #[command(subcommand)]
    Serve(serve::Serve),
    /// Private keys' requests: make, show, check.
    #[command(subcommand)]
    Csr(csr::Csr),
    Status(status::Status),
    RenewDue(renew_due::RenewDue),
    Adopt(adopt::Adopt),
    Plan(plan::Plan),
    Apply(apply::Apply),
    Verify(verify::Verify),
    Rollback(rollback::Rollback),
    /// The configuration.
    #[command(subcommand)]
    Config(config::Config),
    Demo(demo::Demo),
    /// Check everything between here and an answer, with safe tasks only.
    #[command(after_help = "Example:\n  certgate doctor --profile demo --output json")]
    Doctor,
    #[command(after_help = "Examples:\n  certgate help reissue\n  certgate help options")]
    Help(help::Help),
    Completions(completions::Completions),
    /// Print the man page.
    #[command(after_help = "Example:\n  certgate man > certgate.1 && man ./certgate.1")]
    Man,
}

impl Arguments {
    /// The command line, which knows what of it the environment did not give.
    pub(crate) fn read() -> Result<Self, clap::Error> {
        // An empty variable says nothing: composed environments set them so.
        let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
        let command = || {
            Self::command().mut_args(|argument| match argument.get_env() {
                Some(name) if is_empty(name) => argument.env(Resettable::Reset),
                _ => argument,
            })
        };
        // How help looks is arranged for who asks for it: it goes through the definitions of every command.
        let matches = command().try_get_matches().or_else(|error| match error.kind() {
            ErrorKind::DisplayHelp => arranged(command()).try_get_matches(),
            _ => Err(error),
        })?;
        let mut arguments = Self::from_arg_matches(&matches)?;
        let by_hand = |id: &&str| matches.value_source(id) == Some(ValueSource::CommandLine);
        let ids = matches.ids().map(clap::Id::as_str);
        arguments.name = name(&matches);
        arguments.global.note_given(ids.filter(by_hand).map(str::to_owned));
        Ok(arguments)
    }
}

/// Why a command line cannot be read; of a number that is none, what was expected.
pub(crate) fn unread(error: &clap::Error) -> String {
    let text = error.to_string();
    let text = text.trim().trim_start_matches("error: ");
    match error.source().and_then(|why| why.downcast_ref::<ParseIntError>()) {
        Some(why) if matches!(why.kind(), IntErrorKind::InvalidDigit | IntErrorKind::Empty) => {
            text.replace(&why.to_string(), "expected a whole number")
        }
        _ => text.to_owned(),
    }
}

fn name(matches: &ArgMatches) -> String {
    match matches.subcommand() {
        Some((command, below)) => format!("{command} {}", name(below)).trim_end().to_owned(),
        // One that only shows is no run of the command: a sweep that stopped would go unseen behind it.
        None if matches!(matches.try_get_one::<bool>("dry_run"), Ok(Some(true))) => "--dry-run".to_owned(),
        None => String::new(),
    }
}
