//! The gateway of a run, made from its settings.

use std::{
    iter,
    sync::{Once, PoisonError},
    time::Duration,
};

use certgate::{
    Client, Error, Gateway, GatewayBuilder, Journal, Redactor, Settings, StoreAddress, Trace,
    config::ConfigError,
    tape::{Mode, Tape, TapeError},
};
use certgate_domain::{Credentials, Protocol, Secret};
use tempfile::TempDir;

use crate::{
    app::{App, RunRecord, Sandbox, sandbox::own_folder},
    args::ReplayMode,
    exit::{Failure, Kind},
    streams::say_migrated,
};

/// A client, and where its orders and messages are written down.
pub(crate) struct Connection {
    /// Before the sandbox, so that its session ends while that still answers.
    pub(crate) client: Client,
    pub(crate) home: Home,
}

/// Clients that share pace, clock and interrupt.
pub(crate) struct Clients {
    pub(crate) first: Client,
    others: Vec<Client>,
}

impl Clients {
    pub(crate) fn all(&mut self) -> Vec<&mut Client> {
        iter::once(&mut self.first).chain(&mut self.others).collect()
    }
}

/// The gateway of a run, and what has to live as long: the sandbox, the folder of a replay's store.
pub(crate) struct Home {
    gateway: Gateway,
    /// Where the store is, as it is shown.
    store: String,
    /// Whether people know that the store was brought up to date.
    migration: Once,
    /// With the profile's name; none where the store is only for this run.
    run: Option<(RunRecord, String)>,
    _sandbox: Option<Sandbox>,
    _folder: Option<TempDir>,
}

impl Connection {
    /// Connects to nothing yet: the first task does.
    pub(crate) fn open(app: &App, deadline: Option<Duration>) -> Result<Self, Failure> {
        Self::of(app, &app.settings()?, deadline)
    }

    /// The same with a profile's settings.
    pub(crate) fn of(app: &App, settings: &Settings, deadline: Option<Duration>) -> Result<Self, Failure> {
        let home = Home::of(app, settings)?;
        let mut client = home.gateway.client()?;
        if let Some(deadline) = deadline {
            client = client.with_deadline(deadline);
        }
        Ok(Self { client, home })
    }

    /// The store of orders and messages; one of its own for a sandbox.
    pub(crate) fn journal(&self) -> Result<Journal, Failure> {
        Ok(self.home.journal()?)
    }
}

impl Home {
    /// So many clients, at least one.
    pub(crate) fn clients(&self, deadline: Option<Duration>, count: usize) -> Result<Clients, Error> {
        let client = || Ok::<_, Error>(deadline.into_iter().fold(self.gateway.client()?, Client::with_deadline));
        let first = client()?;
        let others = (1..count).map(|_| Ok(client()?.with_clock_of(&first))).collect::<Result<_, Error>>()?;
        Ok(Clients { first, others })
    }

    /// The gateway of the settings; reads the password.
    pub(crate) fn of(app: &App, settings: &Settings) -> Result<Self, Failure> {
        Ok(Self::let_in(app, settings)??)
    }

    /// The same.
    ///
    /// # Errors
    /// The inner one is what is wrong with these settings.
    pub(crate) fn let_in(app: &App, settings: &Settings) -> Result<Result<Self, Error>, Failure> {
        let credentials = match app.is_offline() {
            true => Credentials::new("user", Secret::default(), ""),
            false => match settings.credentials() {
                Ok(credentials) => credentials,
                Err(why) => return Ok(Err(why.into())),
            },
        };
        Self::asking_as(app, settings, credentials)
    }

    /// Asking as that account.
    ///
    /// # Errors
    /// The inner one is what is wrong with these settings.
    pub(crate) fn asking_as(
        app: &App,
        settings: &Settings,
        credentials: Credentials,
    ) -> Result<Result<Self, Error>, Failure> {
        // Not before it is known who asks: a run that cannot start records nothing over a tape.
        open_tape(app, settings)?;
        Self::taped(app, settings, credentials, app.tape.get().cloned())
    }

    /// The same without the run's tape: who asks records by itself.
    pub(crate) fn untaped(app: &App, settings: &Settings, credentials: Credentials) -> Result<Self, Failure> {
        Ok(Self::taped(app, settings, credentials, None)??)
    }

    fn taped(
        app: &App,
        settings: &Settings,
        credentials: Credentials,
        tape: Option<Tape>,
    ) -> Result<Result<Self, Error>, Failure> {
        if let Some(answers) = settings.undecodable_answers() {
            let _ = app.undecodable.set(answers);
        }
        app.secrets.lock().unwrap_or_else(PoisonError::into_inner).push(Redactor::new(&credentials));
        open_trace(app)?;
        let parts = match GatewayBuilder::of_settings(settings) {
            Ok(parts) => parts,
            Err(why) => return Ok(Err(why.into())),
        };
        let mut parts = parts
            .credentials(credentials)
            .session(app.session)
            .strict(app.strict)
            .meter(app.run.meter(&settings.profile.value))
            .interrupt(app.interrupt());
        if let Some(tape) = tape {
            parts = parts.tape(tape);
        }
        if let Some(trace) = app.trace.get() {
            parts = parts.trace(trace.clone());
        }
        if let Some(exchanges) = &app.exchanges {
            parts = parts.interceptor(exchanges.clone());
        }
        let mut home = (None, None);
        let place = settings.store.value.as_ref().map(ToString::to_string).unwrap_or_default();
        if app.is_offline() {
            let folder = own_folder("the replay's store")?;
            parts = parts.store(folder.path().join("store.sqlite"));
            home.1 = Some(folder);
        } else if app.sandbox {
            let sandbox = Sandbox::start()?;
            // It is ours: nobody shares its pace.
            parts = parts.own_pace(settings.requests_per_second.value).store(sandbox.store());
            for protocol in Protocol::ALL {
                parts = parts.endpoint_of(protocol, sandbox.endpoint(protocol));
            }
            home.0 = Some(sandbox);
        } else if settings.store.value.is_none() {
            return Ok(Err(ConfigError::NoStore.into()));
        }
        let (_sandbox, _folder) = home;
        let run = (_sandbox.is_none() && _folder.is_none()).then(|| (app.run.clone(), settings.profile.value.clone()));
        let built = parts.build();
        let home = built.map(|gateway| Self { gateway, store: place, migration: Once::new(), run, _sandbox, _folder });
        if let (Ok(home @ Self { run: Some(_), .. }), true) = (&home, settings.pace_in_store.value) {
            // The first request would bring it up to date without a word. Where it cannot be opened, each machine keeps its own pace.
            let _ = home.opened();
        }
        Ok(home)
    }

    /// The gateway itself.
    pub(crate) fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// The address of a protocol.
    pub(crate) fn endpoint(&self, protocol: Protocol) -> &str {
        self.gateway.endpoint(protocol)
    }

    /// A client for a protocol.
    pub(crate) fn client(&self, protocol: Protocol) -> Result<Client, Failure> {
        Ok(self.gateway.client_over(protocol)?)
    }

    /// The store of orders and messages.
    pub(crate) fn journal(&self) -> Result<Journal, Error> {
        let journal = self.opened()?;
        if let Some((run, profile)) = &self.run {
            run.used(profile, &journal);
        }
        Ok(journal)
    }

    fn opened(&self) -> Result<Journal, Error> {
        let journal = self.gateway.journal()?;
        if let Some(before) = journal.migrated_from() {
            self.migration.call_once(|| say_migrated(&self.store, before));
        }
        Ok(journal)
    }
}

/// Opens the run's tape, once.
fn open_tape(app: &App, settings: &Settings) -> Result<(), Failure> {
    if app.tape.get().is_some() {
        return Ok(());
    }
    let (stand_ins, live) = (settings.stand_ins.value, settings.is_live());
    let tape = match (&app.record, &app.replay, app.replay_mode()) {
        (Some(folder), _, _) => recorded(Tape::record(folder, stand_ins, live))?,
        (None, Some(folder), ReplayMode::Strict) => Tape::replay(folder)?,
        (None, Some(folder), ReplayMode::RecordMissing) => Tape::open(folder, Mode::RecordMissing)?,
        (None, Some(folder), ReplayMode::RecordAll) => recorded(Tape::record_anew(folder, stand_ins, live))?,
        (None, Some(folder), ReplayMode::LiveAndCompare) => Tape::open(folder, Mode::Compare)?,
        (None, None, _) => return Ok(()),
    };
    let _ = app.tape.set(tape);
    Ok(())
}

/// A tape that is recorded: that it cannot be written is no bad usage.
pub(crate) fn recorded(tape: Result<Tape, TapeError>) -> Result<Tape, Failure> {
    tape.map_err(|why| match Kind::of_writing(&why) {
        Kind::Local => Failure::from(why).of_kind(Kind::Local),
        _ => why.into(),
    })
}

/// Opens the run's trace, once.
fn open_trace(app: &App) -> Result<(), Failure> {
    if let (Some(path), None) = (&app.global.trace, app.trace.get()) {
        let trace = Trace::to(path).map_err(|why| Failure::unwritten(&why))?;
        let _ = app.trace.set(trace);
    }
    Ok(())
}

/// Where the store is that is looked into.
pub(crate) fn store(app: &App) -> Result<StoreAddress, Failure> {
    check_lasting(app)?;
    Ok(app.settings()?.store.value.ok_or(ConfigError::NoStore)?)
}

/// Refuses a run whose store ends with it, where a store is what it is about.
pub(crate) fn check_lasting(app: &App) -> Result<(), Failure> {
    match [("--sandbox", app.sandbox), ("--replay", app.replay.is_some())].into_iter().find(|(_, is)| *is) {
        Some((name, _)) => Err(Failure::usage(format!("the store of {name} ends with each run: leave {name} out"))),
        None => Ok(()),
    }
}
