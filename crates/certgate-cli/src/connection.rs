//! A client made from the settings.

use std::{path::PathBuf, time::Duration};

use certgate_client::{Client, HttpTransport, Interrupt, Ledger, Trace};
use certgate_domain::{Credentials, Options};
use certgate_json::JsonCodec;
use certgate_wire::Codec;
use etcetera::BaseStrategy;

use crate::{
    arguments::{Global, Protocol},
    failure::Failure,
    sandbox::Sandbox,
    settings::Profile,
};

/// A client, and the sandbox it speaks to where there is one.
pub(crate) struct Connection {
    /// Before the sandbox, so that its session ends while that still answers.
    pub(crate) client: Client,
    /// Whose orders and messages these are: the same over both transports.
    account: String,
    store: PathBuf,
    _sandbox: Option<Sandbox>,
}

/// The sandbox is ours: it has no pace to keep.
const SANDBOX_PACE: usize = 1000;

impl Connection {
    /// Connects to nothing yet: the first task does.
    pub(crate) fn open(global: &Global, deadline: Option<Duration>) -> Result<Self, Failure> {
        let profile = Profile::chosen(global)?;
        let protocol = profile.protocol(global)?;
        let codec = codec(&profile, global, protocol)?;
        let sandbox = if global.sandbox { Some(Sandbox::start()?) } else { None };
        let (endpoint, credentials, pace) = match &sandbox {
            Some(sandbox) => (sandbox.endpoint(protocol), Sandbox::credentials(), Some(SANDBOX_PACE)),
            None => (profile.endpoint(global, protocol), profile.credentials(global)?, profile.requests_per_second),
        };
        let account = account(&credentials, &endpoint, &profile.options(global));
        let store = match &sandbox {
            Some(sandbox) => sandbox.store(),
            None => store(global)?,
        };
        let transport =
            HttpTransport::new(&endpoint, profile.ca_file.as_deref())?.with_body_limit(profile.limits().body);
        let mut client = Client::new(codec, Box::new(transport), credentials)
            .with_options(profile.options(global))
            .with_interrupt(watch_for_interrupt());
        if global.session {
            client = client.with_session();
        }
        if let Some(pace) = pace {
            client = client.with_pace(pace);
        }
        if let Some(path) = &global.trace {
            client = client.with_trace(Trace::to(path)?);
        }
        if let Some(deadline) = deadline {
            client = client.with_deadline(deadline);
        }
        Ok(Self { client, account, store, _sandbox: sandbox })
    }
}

impl Connection {
    /// The store of orders and messages; one of its own for a sandbox.
    pub(crate) fn ledger(&self) -> Result<Ledger, Failure> {
        Ok(Ledger::open(&self.store, &self.account)?)
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

/// User, context and subuser at a gateway. Its two protocols have hosts of their own, `gateway.` and `api.`, and one queue.
fn account(credentials: &Credentials, endpoint: &str, options: &Options) -> String {
    let authority = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest).split('/').next().unwrap_or_default();
    let gateway = authority.strip_prefix("gateway.").or_else(|| authority.strip_prefix("api.")).unwrap_or(authority);
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
