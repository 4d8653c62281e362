//! Several certificates in one run: what is to be done with each is begun, all orders are driven together, and each has its row.

use std::{collections::HashMap, fs::File, path::PathBuf, time::Duration};

use certgate::{
    Client, Fetched, Installation, Journal, OrderId, OrderReport, OrderRequest, Outcome, Preparation,
    PreparationOptions, RunOptions, Runner,
    estate::{EndedTask, PlannedAction, Step, Task},
    fetch,
    installation::{HookTime, deploy_together},
    served::{TIMEOUT, Verification},
};
use certgate_store::Claims;
use serde_json::{Value, json};

use crate::{
    app::{App, Home},
    args::ordering::Queue,
    exit::{Exit, Failure, Kind},
    ui::{
        outcome::{self, Asked, CommandOutput, shell_word},
        progress::{Ended, Progress},
        resumption,
        rows::{Row, Rows},
    },
};

/// Requests in flight at most.
const WORKERS: usize = 8;

/// The clients of a run with so many certificates, and where their orders are recorded.
pub(crate) fn open(app: &App, timeout: Duration, count: usize) -> Result<(Vec<Client>, Home), Failure> {
    // In a replay nobody is waited for, and time passes for all at once.
    let workers = if app.is_offline() { 1 } else { WORKERS.min(count.max(1)) };
    Home::open(app, timeout, workers)
}

/// The file of declared certificates: the one that is named, else `certificates.toml` beside the configuration.
pub(crate) fn declared_file(app: &App, named: Option<PathBuf>) -> Result<PathBuf, Failure> {
    if let Some(named) = named {
        return Ok(named);
    }
    let file = app.config_file()?.with_file_name("certificates.toml");
    if !file.exists() {
        let (file, adopt) =
            (file.display(), format!("certgate adopt DIR --write {}", shell_word(&file.to_string_lossy())));
        return Err(Failure::usage(format!("no certificates are declared: there is no {file}"))
            .advise(format!("write it, have it written by `{adopt}`, or name another FILE")));
    }
    Ok(file)
}

/// How several certificates are gone through.
pub(crate) struct Several<'q> {
    pub(crate) timeout: Duration,
    pub(crate) queue: &'q Queue,
    /// Where a line is written for each order that ended.
    pub(crate) report: Option<File>,
    /// What is to be known of a task besides, by its order's id.
    pub(crate) details: HashMap<OrderId, String>,
}

impl Several<'_> {
    /// Goes through the tasks, and prints what became of each.
    pub(crate) fn drive(
        self,
        app: &App,
        clients: &mut [Client],
        journal: &mut Journal,
        claims: &Claims,
        mut tasks: Vec<Task>,
    ) -> Result<Exit, Failure> {
        tasks.iter_mut().for_each(|task| task.share(claims));
        let titles = tasks.iter().map(|task| (task.id.clone(), task.title.clone())).collect();
        let asked = Asked { timeout: self.timeout, ..Asked::default() };
        let mut progress = Progress::new(app, asked, titles, tasks.len(), self.report);
        for (task, detail) in tasks.iter().filter_map(|task| Some((task, self.details.get(&task.id)?))) {
            progress.say(&format!("certgate: warning: {}: {detail}", task.title));
        }
        let run = RunOptions { hook_time: HookTime::AtEnd, ..self.queue.options(app.run_options()?) };
        let options = PreparationOptions { deadline: self.timeout, wait: true, recovery: app.recovery(&run)? };
        let mut running = app.running_jobs(tasks.len());
        let (mut items, mut left, interrupt) = (Vec::new(), Vec::new(), app.interrupt());
        for task in &mut tasks {
            let Some(client) = clients.first_mut() else { break };
            let unsent = unsent(task);
            if interrupt.is_raised() {
                let text = "the run ended before it was sent: run it again";
                progress.add(&task.id, unsent, Err(Failure::new(Kind::Pending, text)));
                continue;
            }
            let mut not_removed = |why: &_| progress.not_removed(why);
            let (running, options, not_removed) = (&mut running, &options, &mut not_removed);
            let started = task.start(&mut Preparation { client, journal, running, options, not_removed });
            match started {
                Ok(item) => items.push(item),
                Err(EndedTask::Fetch(certificate, install)) => {
                    let shown = match fetch(client, certificate, install, &run) {
                        Ok(Fetched { outcome, .. }) if outcome.hook_due().is_some() => {
                            left.push(LeftHook::Fetched(task.id.clone(), outcome));
                            continue;
                        }
                        Ok(fetched) => shown_fetched(app, &fetched.outcome),
                        Err(why) => Err(why.into()),
                    };
                    progress.add(&task.id, Value::Null, shown);
                }
                Err(EndedTask::Deploy(installation)) => left.push(LeftHook::Repeated(task.id.clone(), installation)),
                Err(ended) => {
                    let order = journal.find(task.id.as_str())?.map_or(unsent, |order| outcome::order(&order));
                    progress.add(&task.id, order, shown(task, ended));
                }
            }
        }
        let driven = Runner::new(clients, run).run(journal, items, &mut progress);
        left.extend(driven.reports.into_iter().map(|report| LeftHook::Ordered(Box::new(report))));
        run_left_hooks(app, journal, left, &mut progress)?;
        progress.finish();
        let error = driven.error.map(|error| app.reported(error.into()));
        let mut rows = Vec::new();
        for task in &tasks {
            let Some(ended) = progress.ended.remove(&task.id) else { continue };
            let served = served(app, task, &ended);
            rows.push(Row { task, ended, served, detail: self.details.get(&task.id).cloned() });
        }
        Rows { app, rows, findings: &progress.findings }.print(error)
    }
}

/// What waits for the end of the run, since its hook is the same for several certificates.
enum LeftHook {
    Ordered(Box<OrderReport>),
    Fetched(OrderId, Outcome),
    Repeated(OrderId, Box<Installation>),
}

impl LeftHook {
    fn installation(&self, now: i64) -> Option<Installation> {
        let installation = match self {
            Self::Ordered(report) => report.outcome.hook_due(),
            Self::Fetched(_, outcome) => outcome.hook_due(),
            Self::Repeated(_, installation) => Some((**installation).clone()),
        };
        installation.map(|installation| installation.at_time(now))
    }
}

/// Runs the hooks that were left to the end of the run, each once, and takes down what came of them for each certificate.
fn run_left_hooks(
    app: &App,
    journal: &Journal,
    left: Vec<LeftHook>,
    progress: &mut Progress<'_>,
) -> Result<(), Failure> {
    let (left, installations): (Vec<LeftHook>, Vec<Installation>) = left
        .into_iter()
        .filter_map(|left| left.installation(app.now()).map(|installation| (left, installation)))
        .unzip();
    let deployments = deploy_together(&installations);
    for ((left, installation), deployment) in left.into_iter().zip(&installations).zip(deployments) {
        match left {
            LeftHook::Ordered(mut report) => {
                report.outcome.deployed(deployment);
                progress.report(&report);
            }
            LeftHook::Fetched(id, mut outcome) => {
                outcome.deployed(deployment);
                progress.add(&id, Value::Null, shown_fetched(app, &outcome));
            }
            LeftHook::Repeated(id, _) => {
                let order = journal.find(id.as_str())?.map_or(Value::Null, |order| outcome::order(&order));
                progress.add(&id, order, Ok(CommandOutput::of_hook(installation.folder(), &deployment)));
            }
        }
    }
    Ok(())
}

fn shown_fetched(app: &App, outcome: &Outcome) -> Result<CommandOutput, Failure> {
    outcome::fetched(app, json!({ "schema": 1 }), outcome)
}

/// Whether what is in place is served, where nothing else is to be done: what was just installed was looked at when it was deployed.
fn served(app: &App, task: &Task, ended: &Ended) -> Vec<Verification> {
    let is_all = task.planned.as_ref().is_some_and(|planned| planned.action == PlannedAction::Verify);
    match task.folder.as_deref().filter(|_| is_all && ended.shown.is_ok()) {
        Some(folder) => Installation::at(folder).verify(&task.endpoints, TIMEOUT, app.now()).unwrap_or_default(),
        None => Vec::new(),
    }
}

/// An order that is not sent yet, as it is shown; nothing where none is to be placed.
fn unsent(task: &Task) -> Value {
    let action =
        |request: &OrderRequest| json!({ "id": task.id.as_str(), "state": "unsent", "action": request.action() });
    match &task.step {
        Step::Place { request, .. } => action(request),
        _ => Value::Null,
    }
}

/// What is shown of a task that is over without an order that was driven.
fn shown(task: &Task, ended: EndedTask) -> Result<CommandOutput, Failure> {
    match ended {
        EndedTask::Done(order) => Ok(CommandOutput::over(&order, Some(Kind::Unchanged))),
        EndedTask::Left(left) => resumption::shown(task.id.as_str(), *left),
        EndedTask::Deployed(deployment) => {
            Ok(CommandOutput::of_hook(task.folder.as_deref().unwrap_or(std::path::Path::new("")), &deployment))
        }
        EndedTask::Adopted => Ok(CommandOutput { kind: None, ..CommandOutput::nothing() }),
        EndedTask::Held => Err(outcome::held()),
        EndedTask::Failed(why) => Err(why.into()),
        _ => Ok(CommandOutput::nothing()),
    }
}
