//! `certgate serve bridge`.

use std::{net::SocketAddr, time::Duration};

use certgate::config::parse_duration;
use certgate_bridge::Event;
use certgate_domain::{Credentials, Protocol, Secret};
use clap::Args;

use crate::{
    app::{App, Home},
    args::{listen_address, protocol},
    command::serve::serve,
    exit::{Exit, Failure},
    streams::say,
};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate serve bridge --profile demo
  certgate serve bridge --front json --endpoint https://gateway.autodns.com
  certgate serve bridge --sandbox
  curl http://127.0.0.1:8080/xml -d '<request><auth><user>user</user><password>password</password><context>9</context></auth>
    <task><code>400104</code><certificate><id>571</id></certificate></task></request>'

It has no credentials of its own: those of each request are passed on, and so are sessions, owner, ctid, reply-to, keys and the rest.
Only the language of texts and a contact's force are dropped where JSON is behind; whatever else the other protocol cannot say is refused
(EF01000) before anything is sent. What nobody understands is left out with a warning, or under --strict refused. A task that it does not know is
refused (EFCG404) in its place; the others of its request are done.

Answers come in the front's form. Where there is none, HTTP says so, with 502 mostly, and the body says why in the front's form (EFCG502): whether
a task that is not safe to repeat was carried out is then not known, so look before ordering again. The bridge sends such a task once and never
again; it sends none whose caller hung up.")]
pub(crate) struct Bridge {
    /// The protocol spoken here; the other one is spoken behind [default: xml, or the one that --transport is not]
    #[arg(long, value_parser = protocol())]
    front: Option<Protocol>,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS", value_parser = listen_address)]
    listen: SocketAddr,
    /// How long a request may wait for the gateway's pace; then HTTP 429 with Retry-After, and nothing is sent
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "20s")]
    max_wait: Duration,
}

/// So many requests are on their way at a time; further ones wait.
const AT_ONCE: usize = 16;

impl Bridge {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let front = self.front(app)?;
        let back = front.other();
        let nobodys = [
            ("--user", app.user.is_some() && !app.is_from_environment("user")),
            ("--context", app.context.is_some() && !app.is_from_environment("context")),
            ("--password-file", app.password_file.is_some()),
            ("--password-stdin", app.password_stdin),
            ("--session", app.session),
            ("--owner", app.owner.is_some()),
            ("--language", app.language.is_some()),
            ("--ctid", app.ctid.is_some()),
            ("--reply-to", app.reply_to.is_some()),
            ("--demo", app.demo),
        ];
        if let Some((option, _)) = nobodys.iter().find(|(_, given)| *given) {
            return Err(Failure::usage(format!(
                "{option} is not the bridge's to say: each request brings its own, which is passed on; leave it out"
            )));
        }
        let settings = app.settings_over(Some(back))?;
        let home = Home::asking_as(app, &settings, Credentials::new("", Secret::default(), ""))?;
        let clients: Result<Vec<_>, _> = (0..AT_ONCE).map(|_| home.client(back)).collect();
        let clients = clients?;
        let behind = clients.first().map(|client| (back, client.endpoint().to_owned()));
        if !self.listen.ip().is_loopback() && !app.quiet {
            say(&format!(
                "certgate: warning: --listen {} is not loopback: credentials travel to it in the clear, for all on the way to read",
                self.listen
            ));
        }
        let (is_quiet, is_verbose) = (app.quiet, app.verbose);
        let tell = move |event: &Event<'_>| match event {
            event if event.is_warning() && is_quiet => {}
            event if event.is_warning() => say(&format!("certgate: warning: {event}")),
            Event::Answered { .. } if !is_verbose => {}
            event => say(&format!("certgate: {event}")),
        };
        let bridge = certgate_bridge::Bridge::new(settings.codec(front)?, clients, tell)
            .strict(app.strict)
            .max_wait(self.max_wait);
        serve(app, bridge, self.listen, &[front], behind)
    }

    fn front(&self, app: &App) -> Result<Protocol, Failure> {
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
}
