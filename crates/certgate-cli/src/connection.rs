//! A client made from the settings.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use certgate::{
    Client, Error, HttpTransport, Interrupt, Ledger, OwnPace, Redactor, SharedPace, Throttle, Trace, Transport,
    tape::{Mode, Offline, Tape},
};
use certgate_domain::{Credentials, Protocol, Secret};
use certgate_json::JsonCodec;
use certgate_wire::Codec;
use tempfile::TempDir;

use crate::{
    args::{Global, ReplayMode},
    exit::Failure,
    sandbox::Sandbox,
    settings::Settings,
    ui::document,
    ui::streams::say,
};

/// A client, and where its orders and messages are written down.
pub(crate) struct Connection {
    /// Before the sandbox, so that its session ends while that still answers.
    pub(crate) client: Client,
    home: Home,
}

/// Who asks and at what pace, whose orders and messages these are, where they are written down; the sandbox where
/// there is one. Asked for once and good for both protocols.
pub(crate) struct Home {
    credentials: Credentials,
    throttle: Arc<dyn Throttle>,
    /// The same over both transports.
    account: String,
    store: PathBuf,
    sandbox: Option<Sandbox>,
    /// Where the store of a replay is.
    _folder: Option<TempDir>,
}

/// A replay has no pace to keep.
const REPLAY_PACE: usize = 1_000_000;

impl Connection {
    /// Connects to nothing yet: the first task does.
    pub(crate) fn open(global: &Global, deadline: Option<Duration>) -> Result<Self, Failure> {
        let settings = Settings::of(global)?;
        let home = Home::of(global, &settings)?;
        let mut client = home.client(global, &settings, settings.transport.value)?;
        if let Some(deadline) = deadline {
            client = client.with_deadline(deadline);
        }
        Ok(Self { client, home })
    }

    /// For another order of the same run: with a transaction id and so much time of its own. Nothing is asked for again.
    pub(crate) fn begin_anew(&mut self, global: &Global, deadline: Duration) -> Result<(), Failure> {
        let settings = Settings::of(global)?;
        self.client = self.home.client(global, &settings, settings.transport.value)?.with_deadline(deadline);
        Ok(())
    }

    /// The store of orders and messages; one of its own for a sandbox.
    pub(crate) fn ledger(&self) -> Result<Ledger, Failure> {
        self.home.ledger()
    }
}

impl Home {
    /// So many clients, which share pace, clock and interrupt.
    pub(crate) fn open(global: &Global, deadline: Duration, clients: usize) -> Result<(Vec<Client>, Self), Failure> {
        let settings = Settings::of(global)?;
        let home = Self::of(global, &settings)?;
        let mut made: Vec<Client> = Vec::new();
        for _ in 0..clients.max(1) {
            let client = home.client(global, &settings, settings.transport.value)?.with_deadline(deadline);
            made.push(match made.first() {
                Some(first) => client.with_clock_of(first),
                None => client,
            });
        }
        Ok((made, home))
    }

    /// The account of the settings; reads the password.
    pub(crate) fn of(global: &Global, settings: &Settings) -> Result<Self, Failure> {
        let credentials = match global.is_offline() {
            true => Credentials::new("user", Secret::default(), ""),
            false => settings.credentials()?,
        };
        Self::asking_as(global, settings, credentials)
    }

    /// Asking as that account.
    pub(crate) fn asking_as(global: &Global, settings: &Settings, credentials: Credentials) -> Result<Self, Failure> {
        let _ = global.live.set(settings.is_live());
        document::hide(Redactor::new(&credentials));
        // Not before it is known who asks: a run that cannot start records nothing over a tape.
        open_tape(global, settings)?;
        open_trace(global)?;
        if global.is_offline() {
            let folder = tempfile::tempdir()
                .map_err(|why| Failure::usage(format!("no folder for the replay's store can be made: {why}")))?;
            return Ok(Self {
                credentials,
                throttle: Arc::new(OwnPace::new(REPLAY_PACE)),
                account: "a tape".to_owned(),
                store: folder.path().join("store.sqlite"),
                sandbox: None,
                _folder: Some(folder),
            });
        }
        let sandbox = if global.sandbox { Some(Sandbox::start()?) } else { None };
        let endpoint = endpoint(sandbox.as_ref(), settings, settings.transport.value);
        let store = match &sandbox {
            Some(sandbox) => sandbox.store(),
            None => store(settings)?,
        };
        let per_second = settings.requests_per_second.value;
        let throttle: Arc<dyn Throttle> = match &sandbox {
            // It is ours: nobody shares its pace.
            Some(_) => Arc::new(OwnPace::new(per_second)),
            None => shared_pace(global, gateway(&endpoint), per_second),
        };
        let account = account(&credentials, gateway(&endpoint), settings);
        Ok(Self { credentials, throttle, account, store, sandbox, _folder: None })
    }

    /// The address of a protocol.
    pub(crate) fn endpoint(&self, settings: &Settings, protocol: Protocol) -> String {
        endpoint(self.sandbox.as_ref(), settings, protocol)
    }

    /// A client for a protocol.
    pub(crate) fn client(&self, global: &Global, settings: &Settings, protocol: Protocol) -> Result<Client, Failure> {
        let transport: Box<dyn Transport> = match global.is_offline() {
            true => Box::new(Offline),
            false => Box::new(HttpTransport::new(&self.endpoint(settings, protocol), settings.http())?),
        };
        let mut client = Client::new(codec(settings, protocol)?, transport, self.credentials.clone())
            .with_options(settings.options())
            .with_throttle(self.throttle.clone())
            .with_longest(settings.longest())
            .with_interrupt(watch_for_interrupt());
        if global.session {
            client = client.with_session();
        }
        // Around the tape: what it answers is traced too.
        if let Some(trace) = global.traced.get() {
            client = client.with_interceptor(Arc::new(trace.clone()));
        }
        if let Some(tape) = global.tape.get() {
            client = client.with_interceptor(Arc::new(tape.clone()));
            // The same run says the same.
            if let (true, None, Some(ctid)) = (global.is_offline(), &global.ctid, tape.ctid()) {
                client.options_mut().ctid = Some(ctid);
            }
        }
        Ok(client)
    }

    /// The store of orders and messages.
    pub(crate) fn ledger(&self) -> Result<Ledger, Failure> {
        Ok(Ledger::open(&self.store, &self.account)?)
    }
}

/// Opens the run's tape, once.
fn open_tape(global: &Global, settings: &Settings) -> Result<(), Failure> {
    if global.tape.get().is_some() {
        return Ok(());
    }
    let (stand_ins, live) = (settings.stand_ins.value, global.is_live());
    let tape = match (&global.record, &global.replay, global.replay_mode) {
        (Some(folder), _, _) => Tape::record(folder, stand_ins, live)?,
        (None, Some(folder), ReplayMode::Strict) => Tape::replay(folder)?,
        (None, Some(folder), ReplayMode::RecordMissing) => Tape::open(folder, Mode::RecordMissing)?,
        (None, Some(folder), ReplayMode::RecordAll) => Tape::record_anew(folder, stand_ins, live)?,
        (None, Some(folder), ReplayMode::LiveAndCompare) => Tape::open(folder, Mode::Compare)?,
        (None, None, _) => return Ok(()),
    };
    let _ = global.tape.set(tape);
    Ok(())
}

/// Opens the run's trace, once.
fn open_trace(global: &Global) -> Result<(), Failure> {
    if let (Some(path), None) = (&global.trace, global.traced.get()) {
        let _ = global.traced.set(Trace::to(path)?);
    }
    Ok(())
}

fn endpoint(sandbox: Option<&Sandbox>, settings: &Settings, protocol: Protocol) -> String {
    match sandbox {
        Some(sandbox) => sandbox.endpoint(protocol),
        None => settings.endpoint(protocol).value.clone(),
    }
}

/// The pace that all processes of this user share, whatever their stores and homes; this process's own one where its file
/// cannot be used.
fn shared_pace(global: &Global, gateway: &str, per_second: usize) -> Arc<dyn Throttle> {
    let opened = own_folder().and_then(|folder| SharedPace::open(&folder.join("pace.sqlite"), gateway, per_second));
    match opened {
        Ok(pace) => Arc::new(pace),
        Err(error) => {
            if global.verbose {
                say(&format!("certgate: warning: {error}; this process keeps the pace by itself"));
            }
            Arc::new(OwnPace::new(per_second))
        }
    }
}

/// This user's folder for what need not outlive the machine's running. Anybody may make folders there: it must be the user's.
fn own_folder() -> Result<PathBuf, Error> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, MetadataExt};
        let user = rustix::process::getuid().as_raw();
        let folder = std::env::temp_dir().join(format!("certgate-{user}"));
        // It may be there.
        let _ = std::fs::DirBuilder::new().mode(0o700).create(&folder);
        let storage = |why: String| Error::Storage { path: folder.clone(), why };
        let found = std::fs::symlink_metadata(&folder).map_err(|why| storage(why.to_string()))?;
        if !found.is_dir() || found.uid() != user || found.mode() & 0o077 != 0 {
            return Err(storage("expected a folder of your own that nobody else can enter".to_owned()));
        }
        Ok(folder)
    }
    #[cfg(not(unix))]
    Ok(std::env::temp_dir().join("certgate"))
}

/// The store's file.
pub(crate) fn store(settings: &Settings) -> Result<PathBuf, Failure> {
    let none = || Failure::usage("this platform has no data folder for orders and messages: give --store FILE");
    settings.store.value.clone().ok_or_else(none)
}

/// The gateway of an address: its two protocols have hosts of their own, `gateway.` and `api.`, and one queue.
pub(crate) fn gateway(endpoint: &str) -> &str {
    let authority = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest).split('/').next().unwrap_or_default();
    authority.strip_prefix("gateway.").or_else(|| authority.strip_prefix("api.")).unwrap_or(authority)
}

/// User, context and subuser at a gateway.
fn account(credentials: &Credentials, gateway: &str, settings: &Settings) -> String {
    let owner = settings.owner.value.as_ref().map(|owner| format!(" for {owner}")).unwrap_or_default();
    format!("{}@{} at {gateway}{owner}", credentials.user, credentials.context)
}

/// The codec of a protocol.
pub(crate) fn codec(settings: &Settings, protocol: Protocol) -> Result<Box<dyn Codec>, Failure> {
    Ok(match protocol {
        Protocol::Xml => Box::new(settings.xml_codec()?),
        Protocol::Json => Box::new(JsonCodec::new(settings.routes.value).with_limits(settings.limits())),
    })
}

/// Ctrl-C asks the run to stop; a second one stops it at once.
pub(crate) fn watch_for_interrupt() -> Interrupt {
    // Only one handler can be set; all clients of the run share it.
    static INTERRUPT: OnceLock<Interrupt> = OnceLock::new();
    let watched = INTERRUPT.get_or_init(|| {
        let interrupt = Interrupt::default();
        let raised = interrupt.clone();
        // Without it Ctrl-C still ends the process.
        let _ = ctrlc::set_handler(move || {
            if raised.is_raised() {
                std::process::exit(130);
            }
            say("certgate: stopping after the request in flight; once more stops at once");
            raised.raise();
        });
        interrupt
    });
    watched.clone()
}
