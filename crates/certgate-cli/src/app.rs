//! The program while it runs: what it was started with, and the state of this one run.

mod connection;
mod exchanges;
mod run;
mod sandbox;
mod settings;

use std::{
    collections::HashMap,
    ops::Deref,
    sync::{Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use certgate::{
    Clock, Interrupt, RecoveryOptions, Redactor, RunOptions, Settings, Trace, UndecodableAnswers,
    tape::{Mode, Tape},
    unix_now,
};
use serde_json::Value;

use self::exchanges::Exchanges;
use crate::{
    args::Global,
    exit::Failure,
    streams::{Stdout, say},
};

pub(crate) use self::{
    connection::{Clients, Connection, Home, check_lasting, recorded, store},
    run::RunRecord,
    sandbox::{Sandbox, own_folder},
    settings::token,
};

/// A signal within this time of the first is the same Ctrl-C: a terminal sends it to all that run, and a shell or `make` passes it on.
const AGAIN: Duration = Duration::from_secs(1);

/// What every command is given: the options that every command has, and what this run has open.
#[derive(Debug)]
pub(crate) struct App {
    global: Global,
    pub(crate) stdout: Stdout,
    /// The settings of the run, once they are asked for.
    settings: OnceLock<Settings>,
    /// Those of other profiles, by their names.
    others: Mutex<HashMap<String, Settings>>,
    interrupt: OnceLock<Interrupt>,
    /// The secrets of this run, of each account: a gateway may say them back in what is shown of its answers.
    secrets: Mutex<Vec<Redactor>>,
    /// The tape, once it is open.
    tape: OnceLock<Tape>,
    /// The trace, once it is open.
    trace: OnceLock<Trace>,
    /// Where answers that cannot be understood are kept, once the settings are read.
    undecodable: OnceLock<UndecodableAnswers>,
    /// The one that was kept last, and what was said of it.
    kept: Mutex<Option<(Vec<u8>, String)>>,
    /// What is told of each request, under `--verbose`.
    exchanges: Option<Exchanges>,
    /// What this run is remembered by.
    run: RunRecord,
    /// What became of each certificate of a run with several.
    summary: OnceLock<Value>,
}

impl Deref for App {
    type Target = Global;

    fn deref(&self) -> &Global {
        &self.global
    }
}

impl App {
    pub(crate) fn new(global: Global) -> Self {
        Self {
            exchanges: global.verbose.then(Exchanges::new),
            global,
            stdout: Stdout::default(),
            settings: OnceLock::new(),
            others: Mutex::default(),
            interrupt: OnceLock::new(),
            secrets: Mutex::default(),
            tape: OnceLock::new(),
            trace: OnceLock::new(),
            undecodable: OnceLock::new(),
            kept: Mutex::default(),
            run: RunRecord::default(),
            summary: OnceLock::new(),
        }
    }

    /// Ctrl-C asks the run to stop; another one, [`AGAIN`] after it or later, stops it at once. Before anybody asks for this, it ends the
    /// process.
    pub(crate) fn interrupt(&self) -> Interrupt {
        let watched = self.interrupt.get_or_init(|| {
            let interrupt = Interrupt::default();
            let raised = interrupt.clone();
            let mut first = None;
            // Without it Ctrl-C still ends the process.
            let _ = ctrlc::set_handler(move || match first.as_ref().map(Instant::elapsed) {
                None => {
                    say("certgate: stopping after the request in flight; once more, a second later, stops at once");
                    first = Some(Instant::now());
                    raised.raise();
                }
                Some(elapsed) if elapsed >= AGAIN => std::process::exit(130),
                Some(_) => {}
            });
            interrupt
        });
        watched.clone()
    }

    /// A text of an answer without the run's secrets; `None` if it holds none.
    pub(crate) fn without_secrets(&self, text: &str) -> Option<String> {
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let clean = |shown: Option<String>, of: &Redactor| of.shown(shown.as_deref().unwrap_or(text)).or(shown);
        secrets.iter().fold(None, clean)
    }

    /// Keeps an answer that cannot be understood; says where.
    pub(crate) fn keep(&self, body: &[u8]) -> String {
        // Several certificates may be lost by one answer.
        let mut last = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((kept, said)) = &*last
            && kept == body
        {
            return said.clone();
        }
        let said = match self.undecodable.get().map(|answers| answers.keep(body)) {
            Some(Ok(path)) => format!(
                "its body, redacted, is in {} (the newest {} are kept, for {} days)",
                path.display(),
                UndecodableAnswers::MOST,
                UndecodableAnswers::DAYS
            ),
            Some(Err(why)) => format!("its body was not stored: {why}"),
            None => "its body was not stored: there is no folder for data".to_owned(),
        };
        *last = Some((body.to_owned(), said.clone()));
        said
    }

    /// A failure as it is reported: the answer that it is about is kept, and the text says where.
    pub(crate) fn reported(&self, mut failure: Failure) -> Failure {
        match failure.take_body() {
            Some(body) => failure.and(&self.keep(&body)),
            None => failure,
        }
    }

    /// The time for what is checked, seconds since 1970: that of the tape, in a replay and in the recording that it repeats.
    pub(crate) fn now(&self) -> i64 {
        self.time_of_tape().and_then(|tape| tape.time()).unwrap_or_else(|| unix_now() / 1000)
    }

    /// How orders of a profile are driven; the queue is treated as its settings say.
    pub(crate) fn run_options_of(&self, settings: &Settings) -> RunOptions {
        let taped = self.time_of_tape().cloned();
        let clock = Clock::new(move || taped.as_ref().and_then(Tape::time).unwrap_or_else(|| unix_now() / 1000));
        RunOptions {
            foreign: settings.foreign.value,
            // Neither the sandbox nor the demo system is asked, or was for the tape.
            no_demo: self.tape.get().filter(|_| self.is_offline()).map_or(settings.is_live(), Tape::is_live),
            demo: self.demo,
            clock,
            // A tape answers with the dates of its recording.
            compares_clocks: !self.is_offline(),
            ..RunOptions::default()
        }
    }

    /// The profile that is remembered with what is installed; none where no account issued it.
    pub(crate) fn remembered_profile(&self, settings: &Settings) -> Option<String> {
        (!self.sandbox && !self.is_offline()).then(|| settings.profile.value.clone())
    }

    /// The tape whose time counts.
    fn time_of_tape(&self) -> Option<&Tape> {
        self.tape.get().filter(|tape| matches!(tape.mode(), Mode::Replay | Mode::RecordAll))
    }

    /// Notes what became of each certificate, for whoever is told of the run.
    pub(crate) fn sum_up(&self, summary: Value) {
        let _ = self.summary.set(summary);
    }

    /// What became of each certificate, where the run got so far.
    pub(crate) fn summary(&self) -> Option<&Value> {
        self.summary.get()
    }

    /// Writes down that this command ran, where it used the store, and tells how it ended, where that is to be told.
    pub(crate) fn record_run(&self, command: &str, exit_code: u8) {
        if let Some(exchanges) = &self.exchanges {
            exchanges.conclude(command, exit_code);
        }
        let own = self.use_own_store();
        let recorded = self.run.record(command, exit_code).map_err(Failure::from);
        if let Err(why) = own.and(recorded)
            && !self.quiet
        {
            say(&format!("certgate: warning: that this command ran was not recorded: {why}"));
        }
    }

    /// A run that used the store of any account is recorded in that of the run's own, too, where it has one: there it is looked for by whoever watches
    /// that no run stops. Nobody is asked for its password.
    fn use_own_store(&self) -> Result<(), Failure> {
        let used = self.run.profiles();
        if used.is_empty() {
            return Ok(());
        }
        let settings = self.settings()?;
        match settings.asker() {
            Ok(asker) if !used.contains(&settings.profile.value) && settings.store.value.is_some() => {
                Home::asking_as(self, &settings, asker)??.journal()?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What the tape and the trace could not record, or still hold.
    pub(crate) fn unrecorded(&self) -> impl Iterator<Item = Failure> {
        let tape = self.tape.get().and_then(|tape| tape.finish().err()).map(Failure::from);
        let trace = self.trace.get().and_then(|trace| trace.finish().err()).map(Failure::from);
        tape.into_iter().chain(trace)
    }
}

/// How an order is looked for whose answer was lost, beside what such a run does with the queue.
pub(crate) fn recovery(settings: &Settings, run: &RunOptions) -> RecoveryOptions {
    RecoveryOptions { settle_after: settings.settle_after.value, foreign: run.foreign }
}
