//! A client made from the settings.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use certgate_client::{Client, HttpTransport, Interrupt, Kind, Ledger, SharedPace, Throttle, Trace};
use certgate_domain::{Credentials, Options};
use certgate_flow::Pace;
use certgate_json::JsonCodec;
use certgate_wire::Codec;
use etcetera::BaseStrategy;

use crate::{
    arguments::{Global, Protocol},
    failure::Failure,
    sandbox::Sandbox,
    settings::Profile,
};

/// A client, and where its orders and messages are written down.
pub(crate) struct Connection {
    /// Before the sandbox, so that its session ends while that still answers.
    pub(crate) client: Client,
    home: Home,
}

/// Whose orders and messages these are, where they are written down, and the sandbox where there is one.
pub(crate) struct Home {
    /// The same over both transports.
    account: String,
    store: PathBuf,
    _sandbox: Option<Sandbox>,
}

/// The sandbox is ours: it has no pace to keep.
const SANDBOX_PACE: usize = 1000;

impl Connection {
    /// Connects to nothing yet: the first task does.
    pub(crate) fn open(global: &Global, deadline: Option<Duration>) -> Result<Self, Failure> {
        let (mut clients, home) = Home::open(global, deadline, 1)?;
        let client = clients.pop().ok_or_else(|| Failure::new(Kind::Internal, "no client was made"))?;
        Ok(Self { client, home })
    }

    /// The store of orders and messages; one of its own for a sandbox.
    pub(crate) fn ledger(&self) -> Result<Ledger, Failure> {
        self.home.ledger()
    }
}

impl Home {
    /// So many clients, which share pace, clock and interrupt.
    pub(crate) fn open(
        global: &Global,
        deadline: Option<Duration>,
        clients: usize,
    ) -> Result<(Vec<Client>, Self), Failure> {
        let profile = Profile::chosen(global)?;
        let protocol = profile.protocol(global)?;
        let sandbox = if global.sandbox { Some(Sandbox::start()?) } else { None };
        let (endpoint, credentials) = match &sandbox {
            Some(sandbox) => (sandbox.endpoint(protocol), Sandbox::credentials()),
            None => (profile.endpoint(global, protocol), profile.credentials(global)?),
        };
        let options = profile.options(global);
        let account = account(&credentials, &endpoint, &options);
        let store = match &sandbox {
            Some(sandbox) => sandbox.store(),
            None => store(global)?,
        };
        let interrupt = watch_for_interrupt();
        let throttle = match &sandbox {
            // It is ours: it has no pace to keep.
            Some(_) => None,
            None => shared_pace(global, &store, &endpoint, profile.requests_per_second.unwrap_or(Pace::GATEWAY)),
        };
        let make = || -> Result<Client, Failure> {
            let transport =
                HttpTransport::new(&endpoint, profile.ca_file.as_deref())?.with_body_limit(profile.limits().body);
            let codec = codec(&profile, global, protocol)?;
            let mut client = Client::new(codec, Box::new(transport), credentials.clone())
                .with_options(options.clone())
                .with_interrupt(interrupt.clone());
            client = match (&throttle, &sandbox, profile.requests_per_second) {
                (Some(throttle), _, _) => client.with_throttle(throttle.clone()),
                (None, Some(_), _) => client.with_pace(SANDBOX_PACE),
                (None, None, Some(pace)) => client.with_pace(pace),
                (None, None, None) => client,
            };
            if global.session {
                client = client.with_session();
            }
            if let Some(path) = &global.trace {
                client = client.with_trace(Trace::to(path)?);
            }
            Ok(match deadline {
                Some(deadline) => client.with_deadline(deadline),
                None => client,
            })
        };
        let mut made = vec![make()?];
        for _ in 1..clients {
            let another = make()?;
            let first = made.first().map(|first| another.with_clock_of(first));
            made.extend(first);
        }
        Ok((made, Self { account, store, _sandbox: sandbox }))
    }

    /// The store of orders and messages.
    pub(crate) fn ledger(&self) -> Result<Ledger, Failure> {
        Ok(Ledger::open(&self.store, &self.account)?)
    }
}

/// The pace that all processes of this machine share; their own one where its file cannot be used.
fn shared_pace(global: &Global, store: &Path, endpoint: &str, per_second: usize) -> Option<Arc<dyn Throttle>> {
    let path = store.with_extension("pace");
    match SharedPace::open(&path, gateway(endpoint), per_second) {
        Ok(pace) => Some(Arc::new(pace)),
        Err(error) => {
            if global.verbose {
                eprintln!("certgate: warning: {error}; this process keeps the pace by itself");
            }
            None
        }
    }
}

/// The store's file.
pub(crate) fn store(global: &Global) -> Result<PathBuf, Failure> {
    if let Some(path) = &global.store {
        return Ok(path.clone());
    }
    let strategy = etcetera::choose_base_strategy()
        .map_err(|why| Failure::usage(format!("no data folder for orders and messages ({why}): give --store FILE")))?;
    Ok(strategy.data_dir().join("certgate").join("store.sqlite"))
}

/// The gateway of an address: its two protocols have hosts of their own, `gateway.` and `api.`, and one queue.
fn gateway(endpoint: &str) -> &str {
    let authority = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest).split('/').next().unwrap_or_default();
    authority.strip_prefix("gateway.").or_else(|| authority.strip_prefix("api.")).unwrap_or(authority)
}

/// User, context and subuser at a gateway.
fn account(credentials: &Credentials, endpoint: &str, options: &Options) -> String {
    let gateway = gateway(endpoint);
    let owner = options.owner.as_ref().and_then(|owner| owner.user.as_deref());
    let owner = owner.map(|owner| format!(" for {owner}")).unwrap_or_default();
    format!("{}@{} at {gateway}{owner}", credentials.user, credentials.context)
}

/// The codec of a protocol.
pub(crate) fn codec(profile: &Profile, global: &Global, protocol: Protocol) -> Result<Box<dyn Codec>, Failure> {
    Ok(match protocol {
        Protocol::Xml => Box::new(profile.xml_codec(global)?),
        Protocol::Json => Box::new(JsonCodec::new(profile.routes()?).with_limits(profile.limits())),
    })
}

/// Ctrl-C asks the run to stop; a second one stops it at once.
fn watch_for_interrupt() -> Interrupt {
    let interrupt = Interrupt::default();
    let raised = interrupt.clone();
    // Only one handler can be set, and only one client is made; without it Ctrl-C still ends the process.
    let _ = ctrlc::set_handler(move || {
        if raised.is_raised() {
            std::process::exit(130);
        }
        eprintln!("certgate: stopping after the request in flight; once more stops at once");
        raised.raise();
    });
    interrupt
}
