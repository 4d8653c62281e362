//! The command line.

pub(crate) mod install;
pub(crate) mod key;
pub(crate) mod ordering;
mod overrides;
pub(crate) mod validation;

pub(crate) use overrides::token;

use std::{collections::BTreeSet, ffi::OsStr, path::PathBuf, sync::OnceLock};

use certgate::{
    Trace,
    tape::{Mode, Tape},
};
use certgate_domain::Protocol;
use clap::{
    Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, Resettable, TypedValueParser},
    parser::ValueSource,
};

use crate::command::{
    batch, call, compare, completions, config, contact, convert, create, csr, decode, delete, info, job, list, orders,
    poll, prepare, reissue, renew, renew_due, replay, resume, revoke, rollback, serve, status,
};

/// Certificates over the InterNetX XML gateway or its JSON API.
#[derive(Debug, Parser)]
#[command(name = "certgate", version, max_term_width = 120, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Reissue a certificate: check the CSR, order, wait, fetch, verify, write.
    Reissue(reissue::Reissue),
    /// Order a new certificate.
    Create(create::Create),
    /// Renew a certificate for another term.
    Renew(renew::Renew),
    /// Revoke an earlier certificate of an order.
    Revoke(revoke::Revoke),
    /// Delete a certificate and its order.
    Delete(delete::Delete),
    /// Carry on with orders that are not finished.
    Resume(resume::Resume),
    /// Check a CSR and show what validation needs (task 400110).
    Prepare(prepare::Prepare),
    /// Show a certificate (task 400104).
    Info(info::Info),
    /// Many orders, at the gateway's pace.
    Batch(batch::Batch),
    /// The orders of the store.
    Orders(orders::Orders),
    /// List certificates (task 400105).
    List(list::List),
    /// The contacts of certificates (tasks 400201 to 400205).
    #[command(subcommand)]
    Contact(contact::Contact),
    /// The orders that the gateway works on.
    #[command(subcommand)]
    Job(job::Job),
    /// The account's queue of notifications (tasks 0905, 0906).
    #[command(subcommand)]
    Poll(poll::Poll),
    /// Send any task, its data in the JSON API's shape.
    Call(call::Call),
    /// List the tasks.
    #[command(after_help = "Example:\n  certgate tasks --output json")]
    Tasks,
    /// Test connection and credentials.
    #[command(after_help = "Example:\n  certgate hello --transport xml --sandbox")]
    Hello,
    /// Read a payload file and show its value.
    Decode(decode::Decode),
    /// Turn a payload file into the other protocol's.
    Convert(convert::Convert),
    /// Tapes of recorded exchanges.
    #[command(subcommand)]
    Replay(replay::Replay),
    /// Ask both protocols for the same, or look at two tapes, field by field.
    Compare(compare::Compare),
    /// Run a gateway of our own.
    #[command(subcommand)]
    Serve(serve::Serve),
    /// Private keys' requests: make, show, check.
    #[command(subcommand)]
    Csr(csr::Csr),
    /// The certificates of folders: how long they last, and what to do.
    Status(status::Status),
    /// Reissue or renew whatever is due, for cron.
    RenewDue(renew_due::RenewDue),
    /// Put the set before the one in place back.
    Rollback(rollback::Rollback),
    /// The configuration.
    #[command(subcommand)]
    Config(config::Config),
    /// Check everything between here and an answer, with safe tasks only.
    #[command(after_help = "Example:\n  certgate doctor --profile demo --output json")]
    Doctor,
    /// Print the completions of a shell.
    Completions(completions::Completions),
    /// Print the man page.
    #[command(after_help = "Example:\n  certgate man > certgate.1 && man ./certgate.1")]
    Man,
}

/// Reads the name of a protocol, and lists both in the help.
pub(crate) fn protocol() -> impl TypedValueParser<Value = Protocol> {
    PossibleValuesParser::new(Protocol::ALL.map(Protocol::name)).try_map(|name| name.parse::<Protocol>())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReplayMode {
    /// Nothing is sent: what the tape does not hold is an error (exit 10)
    #[value(alias = "replay")]
    Strict,
    /// What the tape does not hold is sent and recorded
    RecordMissing,
    /// Everything is sent and recorded, in place of what the tape holds
    RecordAll,
    /// Everything is sent, and each answer compared with the tape's (exit 10 where they differ)
    LiveAndCompare,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Side {
    Request,
    Response,
}

/// Options of every command; they may stand before or after it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The protocol [default: the profile's, else json]
    #[arg(long, global = true, env = "CERTGATE_TRANSPORT", value_parser = protocol())]
    pub(crate) transport: Option<Protocol>,
    /// The gateway's address [default: the vendor's for the transport]
    #[arg(long, global = true, env = "CERTGATE_ENDPOINT", value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// A section of the configuration file; `live` and `demo` exist built in [default: live]
    #[arg(long, global = true, env = "CERTGATE_PROFILE", value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The configuration file [default: certgate/config.toml in the platform's configuration folder]
    #[arg(long, global = true, env = "CERTGATE_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The user; the password comes from CERTGATE_PASSWORD, a file, standard input or the profile's password_command
    #[arg(long, global = true, env = "CERTGATE_USER", value_name = "USER")]
    pub(crate) user: Option<String>,
    /// The context: 1 demo, 4 AutoDNS, 9 SSLManager
    #[arg(long, global = true, env = "CERTGATE_CONTEXT", value_name = "NUMBER")]
    pub(crate) context: Option<String>,
    /// Read the password from this file
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "password_stdin")]
    pub(crate) password_file: Option<PathBuf>,
    /// Read the password from standard input
    #[arg(long, global = true)]
    pub(crate) password_stdin: bool,
    /// Act for this subuser
    #[arg(long, global = true, value_name = "USER")]
    pub(crate) owner: Option<String>,
    /// The subuser's context
    #[arg(long, global = true, value_name = "NUMBER", requires = "owner")]
    pub(crate) owner_context: Option<i64>,
    /// Language of the gateway's texts, where the protocol has it (XML)
    #[arg(long, global = true, value_parser = ["de", "en"])]
    pub(crate) language: Option<String>,
    /// Transaction id to send along [default: a new one]
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) ctid: Option<String>,
    /// Another mail address for the gateway's own mails about this request
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub(crate) reply_to: Option<String>,
    /// Ask the gateway to do nothing really (JSON: the demo header)
    #[arg(long, global = true)]
    pub(crate) demo: bool,
    /// Log in once and use the session for all requests of this run
    #[arg(long, global = true)]
    pub(crate) session: bool,
    /// The store of orders and messages [default: certgate/store.sqlite in the platform's data folder]
    #[arg(long, global = true, env = "CERTGATE_STORE", value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
    /// Use an embedded gateway on loopback: no account, no network, state for this run only
    #[arg(long, global = true)]
    pub(crate) sandbox: bool,
    /// The zone of times in XML [default: Europe/Berlin]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) time_zone: Option<String>,
    /// Take unknown elements and fields as errors (exit 10)
    #[arg(long, global = true)]
    pub(crate) strict: bool,
    /// Write every exchange, redacted, as JSON lines
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
    /// Record every exchange, redacted, into this folder: a tape
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "replay")]
    pub(crate) record: Option<PathBuf>,
    /// Answer from the tape in this folder: no account, no network, a store for this run only
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "sandbox")]
    pub(crate) replay: Option<PathBuf>,
    /// What becomes of a request that the tape in --replay does not hold, and of one that it does
    #[arg(long, global = true, value_enum, default_value = "strict", requires = "replay", value_name = "MODE")]
    pub(crate) replay_mode: ReplayMode,
    /// Text for people or one JSON document
    #[arg(long, global = true, value_enum, default_value = "text")]
    pub(crate) output: Output,
    /// Only errors on stderr
    #[arg(long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say what is sent
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Colours
    #[arg(long, global = true, value_enum, default_value = "auto")]
    pub(crate) color: clap::ColorChoice,
    /// The tape in use, once it is open.
    #[arg(skip)]
    pub(crate) tape: OnceLock<Tape>,
    /// The trace in use, once it is open.
    #[arg(skip)]
    pub(crate) traced: OnceLock<Trace>,
    /// Whether the gateway that is asked issues real certificates, once that is known.
    #[arg(skip)]
    pub(crate) live: OnceLock<bool>,
    /// Which of these the environment gave.
    #[arg(skip)]
    by_environment: BTreeSet<String>,
}

impl Arguments {
    /// The command line, which knows what of it the environment gave.
    pub(crate) fn read() -> Result<Self, clap::Error> {
        // An empty variable says nothing: composed environments set them so.
        let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
        let command = Self::command().mut_args(|argument| match argument.get_env() {
            Some(name) if is_empty(name) => argument.env(Resettable::Reset),
            _ => argument,
        });
        let matches = command.try_get_matches()?;
        let mut arguments = Self::from_arg_matches(&matches)?;
        let by_environment = |id: &&str| matches.value_source(id) == Some(ValueSource::EnvVariable);
        let ids = matches.ids().map(clap::Id::as_str);
        arguments.global.by_environment = ids.filter(by_environment).map(str::to_owned).collect();
        Ok(arguments)
    }
}

impl Global {
    /// Whether the environment gave that option, by its field's name.
    pub(crate) fn is_from_environment(&self, name: &str) -> bool {
        self.by_environment.contains(name)
    }

    /// Whether nothing but a tape answers.
    pub(crate) fn is_offline(&self) -> bool {
        self.replay.is_some() && self.replay_mode == ReplayMode::Strict
    }

    /// Whether the gateway was asked to do nothing really.
    pub(crate) fn is_demo(&self) -> bool {
        self.demo
    }

    /// Whether a certificate is to be a real one: neither the sandbox nor the demo system is asked.
    pub(crate) fn is_live(&self) -> bool {
        if let Some(tape) = self.tape.get().filter(|_| self.is_offline()) {
            return tape.is_live();
        }
        self.live.get().copied().unwrap_or_default()
    }

    /// The time for what is checked, seconds since 1970: that of the tape, in a replay and in the recording that it repeats.
    pub(crate) fn now(&self) -> i64 {
        let taped =
            self.tape.get().filter(|tape| matches!(tape.mode(), Mode::Replay | Mode::RecordAll)).and_then(Tape::time);
        taped.unwrap_or_else(|| certgate::unix_now() / 1000)
    }

    /// Whether output is JSON.
    pub(crate) fn json(&self) -> bool {
        self.output == Output::Json
    }
}
