//! The tasks of a run, by the profiles whose accounts they are for.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use certgate::{
    Client, Control, Error, Event, GatewayClock, InstallOptions, Installation, Journal, Observer, OrderId,
    PreparationOptions, RunOptions, RunningJobs, Settings,
    batch::{BatchOrder, BatchTask, tasks},
    config::ConfigError,
    estate::{Subject, Survey, Task, TaskError, TaskObserver, TaskOutcome, TaskRun, look_after},
    installation::{Deployment, HookTime},
    inventory::{Found, InstalledCertificate, profile_of},
};
use certgate_domain::AccountId;
use certgate_store::{Claims, Order};

use crate::{
    app::{App, Clients, Home, recovery},
    args::ordering::Queue,
    common::queue::confirm_own,
    exit::{Failure, beside},
    streams::say,
    ui::{command_line::options, inventory::led_gone, outcome::LED_NOWHERE, progress::Progress},
};

/// So many are worked on at once, each by a client of its own: one whose validation is published and looked for holds it until that is seen.
/// What they send leaves at the gateway's pace all the same.
const WORKERS: usize = 64;
/// The same where each client logs in and out.
const SESSIONS: usize = 8;

/// What is to be done at one account.
pub(crate) struct Share {
    pub(crate) clients: Clients,
    pub(crate) journal: Journal,
    pub(crate) tasks: Vec<Task>,
    /// What other processes had claimed of the account's work, where it is shared with them.
    claims: Option<Claims>,
    pub(crate) settings: Settings,
    /// It has to live as long as its clients.
    home: Home,
}

/// How the tasks of a run are gone through.
pub(crate) struct How<'q> {
    pub(crate) timeout: Duration,
    /// Whether orders are waited for.
    pub(crate) wait: bool,
    pub(crate) queue: &'q Queue,
}

/// Things by the profiles that they name, each with the profile's name; `own` is whether the run's own is there without any of them.
pub(crate) fn by_profile<T>(
    app: &App,
    things: Vec<T>,
    own: bool,
    named: impl Fn(&T) -> Option<&str>,
) -> Result<Vec<(String, Vec<T>)>, Failure> {
    let mut groups: Vec<(String, Vec<T>)> = Vec::new();
    if own || things.is_empty() {
        groups.push((app.profile_of(None)?, Vec::new()));
    }
    for thing in things {
        let profile = app.profile_of(named(&thing))?;
        match groups.iter_mut().find(|(name, _)| *name == profile) {
            Some((_, group)) => group.push(thing),
            None => groups.push((profile, vec![thing])),
        }
    }
    Ok(groups)
}

/// What is wrong with things whose profile there is not, each with its place.
pub(crate) fn unknown_profiles<T>(
    app: &App,
    groups: &[(String, Vec<T>)],
    place: impl Fn(&T) -> &str,
) -> Result<Vec<String>, Failure> {
    let mut unknown = Vec::new();
    for (profile, things) in groups {
        if let Err(why @ ConfigError::UnknownProfile { .. }) = app.settings_of(profile)? {
            unknown.extend(things.iter().map(|thing| format!("{}: {why}", place(thing))));
        }
    }
    Ok(unknown)
}

/// What was found in folders by the profiles that are remembered there; the run's own is there where it has a user.
pub(crate) fn found_by_profile(app: &App, found: Vec<Found>) -> Result<Vec<(String, Vec<Found>)>, Failure> {
    let own = app.settings()?.user.value.is_some() || app.is_offline();
    by_profile(app, found, own, profile_of)
}

/// What is to be done at each account: `begin` makes tasks of what belongs to one. What belongs to an account that cannot be used is lost
/// alone, as long as there is another: its profile is gone, its gateway is down or lets nobody in, its store fails. `named_in` is where the
/// profile of one stands in a file.
pub(crate) fn shares<T>(
    app: &App,
    groups: Vec<(String, Vec<T>)>,
    timeout: Option<Duration>,
    mut begin: impl FnMut(&mut Share, Vec<T>) -> Result<Vec<Task>, Error>,
    lose: impl Fn(&T) -> Task,
    named_in: impl Fn(&T) -> Option<String>,
) -> Result<Vec<Share>, Failure> {
    // Only what is looked at is not waited for.
    timeout.map_or(Ok(()), |_| app.refuse_ctid())?;
    let (mut shares, mut lost, mut error) = (Vec::<Share>::new(), Vec::<Task>::new(), None);
    for (profile, things) in groups {
        let of_group: Vec<Task> = things.iter().map(&lose).collect();
        let place = things.first().and_then(&named_in);
        let begun = Share::of_profile(app, &profile, timeout, things.len())?.and_then(|mut share| {
            // Before it is looked what is to be done.
            share.claims = Some(share.journal.claims()?);
            share.tasks = begin(&mut share, things)?;
            Ok(share)
        });
        match begun {
            Ok(share) => shares.push(share),
            Err(mut why) => {
                if let Error::Config(ConfigError::UnknownProfile { named_in, .. }) = &mut why {
                    *named_in = place;
                }
                let why = Arc::new(why);
                lost.extend(of_group.into_iter().map(|task| task.failed(TaskError::Account(Arc::clone(&why)))));
                error.get_or_insert(why);
            }
        }
    }
    match (shares.first_mut(), error) {
        (None, Some(why)) => return Err(Failure::of(&why)),
        (first, _) => first.into_iter().for_each(|share| share.tasks.append(&mut lost)),
    }
    Ok(shares)
}

impl Share {
    /// The account of a profile, with clients for so many tasks, which are still to come.
    ///
    /// # Errors
    /// The inner one is what is wrong with the account: it concerns what belongs to it alone.
    pub(crate) fn of_profile(
        app: &App,
        profile: &str,
        timeout: Option<Duration>,
        count: usize,
    ) -> Result<Result<Self, Error>, Failure> {
        let settings = match app.settings_of(profile)? {
            Ok(settings) => settings,
            Err(why) => return Ok(Err(why.into())),
        };
        // In a replay nobody is waited for, and time passes for all at once.
        let workers = match app.session {
            _ if app.is_offline() => 1,
            true => SESSIONS.min(count),
            false => WORKERS.min(count),
        };
        Ok(Home::let_in(app, &settings)?.and_then(|home| {
            let (clients, journal) = (home.clients(timeout, workers)?, home.journal()?);
            Ok(Self { clients, journal, tasks: Vec::new(), claims: None, settings, home })
        }))
    }

    /// The run's own account, for one task.
    pub(crate) fn own(app: &App, timeout: Duration) -> Result<Self, Failure> {
        let own = app.settings()?.profile.value;
        Ok(Self::of_profile(app, &own, Some(timeout), 1)??)
    }

    /// The account, which several profiles may have.
    pub(crate) fn account(&self) -> &AccountId {
        self.home.gateway().account()
    }

    /// The account's jobs that run, as they are looked for before so many orders.
    pub(crate) fn running_jobs(&self, orders: usize) -> RunningJobs {
        self.home.gateway().running_jobs(orders)
    }

    /// Who asks before the orders are driven.
    pub(crate) fn client(&mut self) -> &mut Client {
        &mut self.clients.first
    }

    /// The id of the order that this run places first.
    pub(crate) fn id(&self) -> OrderId {
        let given = self.clients.first.options().ctid.clone();
        given.map_or_else(OrderId::new, OrderId::from)
    }

    /// Looks after what is in place, before anything is asked of the gateway.
    pub(crate) fn look_after(&self, app: &App, subjects: &mut [Subject]) -> Result<(), Error> {
        look_after(subjects, &self.journal, app.now())?;
        let was_lost = |one: &&InstalledCertificate| one.is_led_nowhere();
        let is_found = |folder: &Path| Installation::at(folder).is_led_nowhere().is_ok_and(|is_lost| !is_lost);
        for InstalledCertificate { folder, .. } in
            subjects.iter().filter_map(|subject| subject.installed.as_ref()).filter(was_lost)
        {
            if is_found(folder) && !app.quiet {
                say(&format!("certgate: warning: {}: {LED_NOWHERE}", folder.display()));
            }
        }
        Ok(())
    }

    /// What is to be done with these certificates, once the gateway was asked for what has to be known. By a clock that is wrong it is not
    /// decided: to one that is slow nothing is due.
    pub(crate) fn planned(&mut self, app: &App, mut subjects: Vec<Subject>) -> Result<Vec<Task>, Error> {
        let now = app.now();
        let clock = Survey { client: &mut self.clients.first, journal: &self.journal, now }.ask(&mut subjects);
        let checked =
            clock.and_then(|clock| Ok(clock.filter(|_| !app.is_offline()).map_or(Ok(()), GatewayClock::check)?));
        // Else the row of each tells what came of its hook.
        checked.inspect_err(|_| subjects.iter().for_each(not_redeployed))?;
        let options = self.options();
        let installed = subjects.iter().filter_map(|subject| subject.installed.as_ref()).filter(|_| !app.quiet);
        for (installed, gone) in installed.filter_map(|one| Some((one, led_gone(one, &options)?))) {
            say(&format!("certgate: warning: {}: {gone}", installed.folder.display()));
        }
        Ok(subjects.into_iter().map(|subject| Task::of(subject, now)).collect())
    }

    /// What is left to do of these lines of a batch.
    pub(crate) fn lines(
        &mut self,
        orders: Vec<BatchOrder>,
        again: bool,
        seen: &mut BTreeSet<(String, String)>,
    ) -> Result<Vec<BatchTask>, Error> {
        tasks(orders, &self.journal, &mut self.clients.first, again, seen)
    }

    /// Confirms messages about its orders that earlier runs left in the queue.
    pub(crate) fn confirm_own(&mut self, app: &App, queue: &Queue) -> Vec<i64> {
        let (foreign, journal) = (self.run_options(app, queue).foreign, self.journal.clone());
        confirm_own(app, self.client(), journal, foreign)
    }

    /// The options of a command for its account.
    pub(crate) fn options(&self) -> String {
        options(&self.settings)
    }

    /// How a certificate of it is installed: the profile is remembered with it.
    pub(crate) fn noting_profile(&self, app: &App, mut install: InstallOptions) -> InstallOptions {
        if let Some(profile) = app.remembered_profile(&self.settings) {
            install.note_profile(&profile);
        }
        install
    }

    /// What is done with messages of others while its orders are waited for.
    pub(crate) fn run_options(&self, app: &App, queue: &Queue) -> RunOptions {
        queue.options(app.run_options_of(&self.settings))
    }

    /// Goes through its tasks; gives why that ended before its orders did.
    fn go_through(&mut self, app: &App, how: &How<'_>, of: &mut Follower<'_, '_, '_>) -> Option<Error> {
        if let Some(claims) = &self.claims {
            self.tasks.iter_mut().for_each(|task| task.share(claims));
        }
        let options = self.run_options(app, how.queue);
        let hook_time = if self.tasks.len() > 1 { HookTime::AtEnd } else { HookTime::Now };
        let (recovery, running) = (recovery(&self.settings, &options), self.running_jobs(self.tasks.len()));
        let run = TaskRun {
            clients: self.clients.all(),
            journal: &mut self.journal,
            preparation: PreparationOptions { deadline: how.timeout, wait: how.wait, recovery },
            options: RunOptions { hook_time, ..options },
            running,
            profile: app.remembered_profile(&self.settings),
        };
        run.run(&mut self.tasks, of).error
    }
}

/// Says that a hook failed that was repeated before the gateway was asked.
fn not_redeployed(subject: &Subject) {
    if let (Some(Deployment::Failed { detail }), Some(folder)) = (&subject.redeployed, &subject.folder) {
        say(&format!("certgate: {}: {detail}", folder.display()));
    }
}

/// The tasks of all accounts, each with the options of a command for its own.
pub(crate) fn with_options(shares: Vec<Share>) -> Vec<(String, Task)> {
    let of_share = |share: Share| {
        let options = share.options();
        share.tasks.into_iter().map(move |task| (options.clone(), task))
    };
    shares.into_iter().flat_map(of_share).collect()
}

/// Goes through the tasks of all accounts at once; gives why some of them ended before their orders did, as the worst of these kinds.
pub(crate) fn go_through(
    app: &App,
    shares: &mut [Share],
    how: &How<'_>,
    progress: &mut Progress<'_>,
) -> Option<Failure> {
    let progress = Mutex::new(progress);
    let ended = std::thread::scope(|scope| {
        let runs = shares.iter_mut().map(|share| {
            let mut follower = Follower { progress: &progress, options: share.options() };
            scope.spawn(move || {
                let error = share.go_through(app, how, &mut follower);
                error.map(|why| Failure::of_account(&why, &follower.options))
            })
        });
        let runs: Vec<_> = runs.collect();
        // A panic is the run's own.
        runs.into_iter()
            .map(|run| run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect::<Vec<_>>()
    });
    together(app, ended.into_iter().flatten())
}

/// The errors of several accounts as one failure, of the worst of their kinds.
pub(crate) fn together(app: &App, errors: impl IntoIterator<Item = impl Into<Failure>>) -> Option<Failure> {
    let failures = errors.into_iter().map(|error| app.reported(error.into()));
    failures.reduce(|first, other| beside(Err(first), other))
}

/// Follows the run of one account, in turn with those of others.
struct Follower<'f, 'p, 'a> {
    progress: &'f Mutex<&'p mut Progress<'a>>,
    /// The options of a command for the account.
    options: String,
}

impl<'p, 'a> Follower<'_, 'p, 'a> {
    /// What the run tells, of this account.
    fn progress(&self) -> MutexGuard<'_, &'p mut Progress<'a>> {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.asked.options.clone_from(&self.options);
        progress
    }
}

impl Observer for Follower<'_, '_, '_> {
    fn on(&mut self, order: Option<&OrderId>, event: &Event<'_>) -> Control {
        self.progress().on(order, event)
    }
}

impl TaskObserver for Follower<'_, '_, '_> {
    fn ended(&mut self, task: &OrderId, record: Option<&Order>, outcome: TaskOutcome<'_>) {
        self.progress().ended(task, record, outcome);
    }
}
