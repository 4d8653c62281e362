//! Several certificates in one run: what is to be done with each is begun, all orders are driven together, and each has its row.

use std::{collections::HashMap, fs::File, path::PathBuf, time::Duration};

use certgate::{
    Client, Installation, Journal, OrderId, OrderRequest, Preparation, PreparationOptions, Runner,
    config::default_file,
    estate::{EndedTask, PlannedAction, Step, Task},
    fetch,
    served::{TIMEOUT, Verification},
};
use serde_json::{Value, json};

use crate::{
    app::{App, Home},
    args::ordering::Queue,
    exit::{Exit, Failure, Kind},
    ui::{
        outcome::{self, Asked, CommandOutput},
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
    let beside = || Some(app.config.clone().or_else(default_file)?.with_file_name("certificates.toml"));
    named.or_else(beside).ok_or_else(|| Failure::usage("this platform has no configuration folder: name the file"))
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
        mut tasks: Vec<Task>,
    ) -> Result<Exit, Failure> {
        let titles = tasks.iter().map(|task| (task.id.clone(), task.title.clone())).collect();
        let asked = Asked { timeout: self.timeout, ..Asked::default() };
        let mut progress = Progress::new(app, asked, titles, tasks.len(), self.report);
        for (task, detail) in tasks.iter().filter_map(|task| Some((task, self.details.get(&task.id)?))) {
            progress.say(&format!("certgate: warning: {}: {detail}", task.title));
        }
        let run = self.queue.options(app.run_options()?);
        let options = PreparationOptions { deadline: self.timeout, wait: true, recovery: app.recovery(&run)? };
        let mut running = app.running_jobs(tasks.len());
        let (mut items, interrupt) = (Vec::new(), app.interrupt());
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
                        Ok(fetched) => outcome::fetched(app, json!({ "schema": 1 }), &fetched.outcome),
                        Err(why) => Err(why.into()),
                    };
                    progress.add(&task.id, Value::Null, shown);
                }
                Err(ended) => {
                    let order = journal.find(task.id.as_str())?.map_or(unsent, |order| outcome::order(&order));
                    progress.add(&task.id, order, shown(task, ended));
                }
            }
        }
        let driven = Runner::new(clients, run).run(journal, items, &mut progress);
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
        EndedTask::Held => {
            let text = "another process is at it: it is done by that, or due the next time";
            Err(Failure::new(Kind::Pending, text))
        }
        EndedTask::Failed(why) => Err(why.into()),
        _ => Ok(CommandOutput::nothing()),
    }
}
