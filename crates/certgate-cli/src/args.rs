//! What commands are given: options of every command here, groups of options in files of their own.

pub(crate) mod bridging;
pub(crate) mod certificate_request;
pub(crate) mod elsewhere;
pub(crate) mod install;
pub(crate) mod key;
pub(crate) mod listening;
pub(crate) mod monitoring;
pub(crate) mod notify;
pub(crate) mod order_selection;
pub(crate) mod ordering;
pub(crate) mod payload;
pub(crate) mod recipient;
pub(crate) mod simulating;
pub(crate) mod validation;

use std::{
    collections::BTreeSet,
    ffi::OsString,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use certgate::{certificate_settings::SettingValue, payload::Side};
use certgate_domain::{Protocol, TaskKind};
use clap::{
    Args, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};

use crate::exit::Failure;

/// Reads the name of a protocol, and lists both in the help.
pub(crate) fn protocol() -> impl TypedValueParser<Value = Protocol> {
    PossibleValuesParser::new(Protocol::ALL.map(Protocol::name)).try_map(|name| name.parse::<Protocol>())
}

/// Reads the name of a side of an exchange, and lists both in the help.
pub(crate) fn side() -> impl TypedValueParser<Value = Side> {
    PossibleValuesParser::new(Side::ALL.map(Side::name))
        .try_map(|name| Side::by_name(&name).ok_or_else(|| format!("`{name}`: expected request or response")))
}

/// Reads the value of a setting.
pub(crate) fn setting<T: SettingValue>(text: &str) -> Result<T, String> {
    T::read(&text.into()).ok_or_else(|| format!("expected {}", T::EXPECTED))
}

/// Reads the name of a task.
pub(crate) fn task_kind(name: &str) -> Result<TaskKind, String> {
    TaskKind::by_name(name).ok_or_else(|| {
        let names: Vec<&str> = TaskKind::ALL.iter().map(|kind| kind.name()).collect();
        format!("no task of that name; expected one of {}", names.join(", "))
    })
}

/// Reads where a server listens: an address with its port, `localhost:8080`, or a port of loopback.
pub(crate) fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let loopback = |port| Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    match (text.parse(), text.strip_prefix("localhost:").unwrap_or(text).parse::<u16>()) {
        (Ok(address), _) => Ok(address),
        (_, Ok(port)) => loopback(port),
        _ => Err("expected an address with a port, such as 127.0.0.1:8080, or a port of this machine, such as 8080"
            .to_owned()),
    }
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
    /// The store of orders and messages: a file, or postgres://USER@HOST/DATABASE for several machines [default:
    /// certgate/store.sqlite in the platform's data folder]
    #[arg(long, global = true, env = "CERTGATE_STORE", value_name = "FILE|URL")]
    pub(crate) store: Option<OsString>,
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
    /// What becomes of a request that the tape in --replay does not hold, and of one that it does [default: strict]
    #[arg(long, global = true, value_enum, requires = "replay", conflicts_with = "sandbox", value_name = "MODE")]
    replay_mode: Option<ReplayMode>,
    /// Text for people or one JSON document
    #[arg(short, long, global = true, value_enum, default_value = "text")]
    pub(crate) output: Output,
    /// The same as --output json
    #[arg(long = "json", global = true, conflicts_with = "output")]
    wants_json: bool,
    /// End with 0, not 8, where there was nothing to do
    #[arg(long, global = true)]
    pub(crate) unchanged_ok: bool,
    /// Only errors on stderr
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say of each request where it went, what it was, how it was answered and how long that took
    #[arg(short, long, global = true, overrides_with = "verbose")]
    pub(crate) verbose: bool,
    /// Colours
    #[arg(long, global = true, value_enum, default_value = "auto")]
    pub(crate) color: clap::ColorChoice,
    /// Which of these the command line gave; the environment is for other runs, too.
    #[arg(skip)]
    given: BTreeSet<String>,
}

impl Global {
    /// Notes which options the command line gave, by their fields' names.
    pub(crate) fn note_given(&mut self, names: impl Iterator<Item = String>) {
        self.given = names.collect();
    }

    /// Whether the command line gave that option, by its field's name, and not the environment.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        self.given.contains(name)
    }

    /// The first of these options that the command line gave, as it is typed.
    pub(crate) fn first_given(&self, names: &[&str]) -> Option<String> {
        names.iter().find(|name| self.is_given(name)).map(|name| option(name))
    }

    /// Whether nothing but a tape answers.
    pub(crate) fn is_offline(&self) -> bool {
        self.replay.is_some() && self.replay_mode() == ReplayMode::Strict
    }

    /// What becomes of requests in a replay.
    pub(crate) fn replay_mode(&self) -> ReplayMode {
        self.replay_mode.unwrap_or(ReplayMode::Strict)
    }

    /// Refuses the transaction id of one new order where each has its own.
    pub(crate) fn refuse_ctid(&self) -> Result<(), Failure> {
        match self.ctid {
            Some(_) => {
                Err(Failure::usage("--ctid is the id of one new order, and here each has its own: leave it out"))
            }
            None => Ok(()),
        }
    }

    /// Refuses options that a new profile would lose: they are of one run, or of no account.
    pub(crate) fn refuse_what_no_profile_holds(&self) -> Result<(), Failure> {
        const OF_A_RUN: [&str; 9] =
            ["sandbox", "demo", "session", "ctid", "reply_to", "store", "trace", "record", "replay"];
        match self.first_given(&OF_A_RUN) {
            Some(option) => Err(Failure::usage(format!("no profile holds {option}: leave it out"))),
            None => Ok(()),
        }
    }

    /// Whether output is JSON.
    pub(crate) fn json(&self) -> bool {
        self.wants_json || self.output == Output::Json
    }
}

/// An option as it is typed, by its field's name.
pub(crate) fn option(name: &str) -> String {
    format!("--{}", name.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use super::listen_address;

    #[test]
    fn a_port_is_loopback_s() {
        for (text, address) in [
            ("8080", "127.0.0.1:8080"),
            ("localhost:8080", "127.0.0.1:8080"),
            ("0.0.0.0:443", "0.0.0.0:443"),
            ("[::1]:80", "[::1]:80"),
        ] {
            assert_eq!(listen_address(text).unwrap().to_string(), address);
        }
        for text in ["localhost", "example.com:80", "70000", "127.0.0.1"] {
            assert!(listen_address(text).unwrap_err().contains("8080"), "{text}");
        }
    }
}
