//! `certgate serve bridge`.

use certgate::{Client, Settings};
use certgate_domain::{Credentials, Protocol, Secret};
use clap::Args;

use crate::{
    app::{App, Home},
    args::{
        bridging::{Bridging, refuse_callers_own},
        listening::Listening,
    },
    command::serve::{Gateways, serve},
    common::shadow::Tapes,
    exit::{Exit, Failure},
    ui::bridge::{shadow_report, teller},
};

const EXAMPLES: &str = "Examples:
  certgate serve bridge --profile demo
  certgate serve bridge --front json --endpoint https://gateway.autodns.com
  certgate serve bridge --only certificate-info,certificate-list \\
    --access-log bridge.log
  certgate serve bridge --profile demo --shadow --record tapes
  certgate compare --tape tapes/front --tape tapes/behind
  certgate serve bridge --listen 192.0.2.7:443 \\
    --tls-cert live/fullchain.pem --tls-key live/key.pem
  certgate serve bridge --sandbox
  curl http://127.0.0.1:8080/xml --data @request.xml";

const MORE: &str = "
It has no credentials of its own: those of each request are passed on, and so are sessions, owner, ctid, reply-to, keys and the rest. \
Only the language of texts and a contact's force are dropped where JSON is behind; whatever else the other protocol cannot say is refused \
(EF01000) before anything is sent. What nobody understands is left out with a warning, or under --strict refused. A task that it does not know is \
refused (EFCG404) in its place; the others of its request are done.

Answers come in the front's form. Where there is none, HTTP says so, with 502 mostly, and the body says why in the front's form (EFCG502): whether \
a task that is not safe to repeat was carried out is then not known, so look before ordering again. The bridge sends such a task once and never \
again, unless the gateway turned it away with HTTP 429 and so did not carry it out; it sends none whose caller hung up. A caller has to keep its side \
of the connection open until it has its answer: one that closes it counts as gone.

With --only and --pass-through a system moves task by task: what is not in --only, and what certgate does not know, goes as it is to the gateway of \
the front's own protocol, also from the middle of a request; answers come in the tasks' order. The pace is one for both ways.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n{MORE}"))]
pub(crate) struct Bridge {
    #[command(flatten)]
    bridging: Bridging,
    #[command(flatten)]
    listening: Listening,
}

/// So many requests are on their way at a time; further ones wait.
const AT_ONCE: usize = 16;

impl Bridge {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let Self { bridging, listening } = self;
        let front = bridging.front(app)?;
        let back = front.other();
        refuse_callers_own(app)?;
        let mut settings = app.settings_over(Some(back))?;
        let own = settings.endpoint(front).value.clone();
        let passes_through = bridging.pass_through(app, front, &mut settings)?;
        let nobody = Credentials::new("", Secret::default(), "");
        let home = match bridging.shadow {
            true => Home::untaped(app, &settings, nobody)?,
            false => Home::asking_as(app, &settings, nobody)??,
        };
        let clients = |protocol: Protocol| -> Result<Vec<Client>, Failure> {
            let client = || home.client(protocol);
            match settings.keeps_connections() {
                true => (0..AT_ONCE).map(|_| Ok(client()?.keeping_connections())).collect(),
                false => (0..AT_ONCE).map(|_| client()).collect(),
            }
        };
        if !app.quiet {
            listening.warn_of_listeners();
        }
        let mut bridge = certgate_bridge::Bridge::new(settings.codec(front)?, clients(back)?, teller(app))
            .standing_for(Settings::documented(front).into_iter().chain([&*own, &settings.endpoint(front).value]))
            .strict(app.strict)
            .max_wait(bridging.max_wait);
        if passes_through {
            bridge = bridge.passing_through(clients(front)?);
        }
        if let Some(log) = bridging.access_log(app)? {
            bridge = bridge.access_log(log);
        }
        if !bridging.only.is_empty() {
            bridge = bridge.only(bridging.only);
        }
        let tapes = Tapes::open(app, &settings, bridging.shadow)?;
        let mut report = None;
        if bridging.shadow {
            let (shadowing, compared) = bridge.shadowing(tapes.sides(home.client(back)?, home.client(front)?));
            (bridge, report) = (shadowing, Some(compared));
        }
        let gateways = Gateways {
            behind: Some((back, home.endpoint(back).to_owned())),
            beside: passes_through.then(|| (front, home.endpoint(front).to_owned())),
        };
        let exit = serve(app, bridge, &listening, &[front], gateways)?;
        if let Some(report) = report {
            shadow_report(app, &report);
        }
        tapes.finish()?;
        Ok(exit)
    }
}
