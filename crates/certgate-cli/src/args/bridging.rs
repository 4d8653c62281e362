//! Which tasks go which way at a bridge, and what is kept of them: `--only`, `--pass-through`, `--access-log`.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use certgate::{Settings, config::parse_duration};
use certgate_bridge::AccessLog;
use certgate_domain::{Protocol, TaskKind};
use clap::Args;

use crate::{
    args::{Global, protocol},
    exit::Failure,
    streams::Stdout,
};

/// Which tasks go which way at a bridge.
#[derive(Debug, Args)]
pub(crate) struct Bridging {
    /// The protocol spoken here; the other one is spoken behind [default: xml, or the one that --transport is not]
    #[arg(long, value_parser = protocol())]
    front: Option<Protocol>,
    /// Only these tasks go over the other protocol; the rest is passed through [default: every task that certgate knows]
    #[arg(long, value_name = "TASK,…", value_delimiter = ',', value_parser = task)]
    pub(crate) only: Vec<TaskKind>,
    /// The gateway of the front's own protocol, which gets all other tasks as they are; `off` refuses them
    /// [default: the profile's; off where --endpoint names the gateway behind]
    #[arg(long, value_name = "URL|off")]
    pass_through: Option<PassThrough>,
    /// Ask for what changes nothing on both sides (of --only, or all): the front's own gateway answers, and what differs is told, at the
    /// end by task, at /shadow as JSON; --record DIR keeps both sides as DIR/front and DIR/behind
    #[arg(long)]
    pub(crate) shadow: bool,
    /// How long a request may wait for the gateway's pace; then HTTP 429 with Retry-After, and nothing is sent
    ///
    /// A large one may wait for room before that, within the same time; then HTTP 503 with Retry-After.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "20s")]
    pub(crate) max_wait: Duration,
    /// Write a JSON line for each request: tasks, codes, outcome, duration; never a body. `-` is stdout
    #[arg(long, value_name = "FILE|-")]
    access_log: Option<PathBuf>,
}

/// Where tasks go that do not go over the other protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
enum PassThrough {
    Off,
    To(String),
}

impl FromStr for PassThrough {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "off" { Self::Off } else { Self::To(text.to_owned()) })
    }
}

fn task(name: &str) -> Result<TaskKind, String> {
    TaskKind::by_name(name).ok_or_else(|| "no task of that name: `certgate tasks` lists them".to_owned())
}

impl Bridging {
    /// The protocol in front.
    pub(crate) fn front(&self, app: &Global) -> Result<Protocol, Failure> {
        match (self.front, app.transport) {
            (Some(front), Some(back)) if front == back => Err(Failure::usage(format!(
                "--front {0} and --transport {0}: the transport is the one behind, expected {1}; leave one of them out",
                front.name(),
                front.other().name()
            ))),
            (Some(front), _) => Ok(front),
            (None, Some(back)) => Ok(back.other()),
            (None, None) => Ok(Protocol::Xml),
        }
    }

    /// Puts the address of the gateway of the front's own protocol into the settings; whether there is one.
    pub(crate) fn pass_through(&self, app: &Global, front: Protocol, settings: &mut Settings) -> Result<bool, Failure> {
        let needed =
            || Failure::usage("--shadow needs the gateway of the front's own protocol: name it with --pass-through");
        match &self.pass_through {
            Some(PassThrough::Off) if self.shadow => Err(needed()),
            Some(PassThrough::Off) => Ok(false),
            Some(PassThrough::To(_)) if app.sandbox => Err(Failure::usage(
                "--pass-through with --sandbox: the sandbox speaks both protocols; leave one of them out",
            )),
            Some(PassThrough::To(url)) => {
                let place = match front {
                    Protocol::Xml => &mut settings.xml_endpoint,
                    Protocol::Json => &mut settings.json_endpoint,
                };
                place.value.clone_from(url);
                Ok(true)
            }
            // Who names one gateway does not mean the profile's, which would get the callers' passwords.
            None if app.is_offline() || settings.endpoint(front.other()).origin.is_given() => {
                if self.shadow {
                    Err(needed())
                } else {
                    Ok(false)
                }
            }
            None => Ok(true),
        }
    }

    /// Where a line is written for each request.
    pub(crate) fn access_log(&self, app: &Global) -> Result<Option<AccessLog>, Failure> {
        match self.access_log.as_deref() {
            None => Ok(None),
            Some(path) if path != Path::new("-") => {
                AccessLog::to(path).map(Some).map_err(|why| Failure::unwritten(&why))
            }
            Some(_) if app.json() => {
                Err(Failure::usage("--access-log - and --output json: stdout holds one document; name a file"))
            }
            Some(_) => Ok(Some(AccessLog::with(|line| Stdout::default().piece(line)))),
        }
    }
}

/// Refuses the options that are each caller's own to say, and not a bridge's.
pub(crate) fn refuse_callers_own(app: &Global) -> Result<(), Failure> {
    const OPTIONS: [&str; 10] = [
        "user",
        "context",
        "password_file",
        "password_stdin",
        "session",
        "owner",
        "language",
        "ctid",
        "reply_to",
        "demo",
    ];
    app.first_given(&OPTIONS).map_or(Ok(()), |option| {
        let text = "is not the bridge's to say: each request brings its own, which is passed on; leave it out";
        Err(Failure::usage(format!("{option} {text}")))
    })
}
