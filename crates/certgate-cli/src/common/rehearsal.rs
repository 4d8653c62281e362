//! Orders up to the moment they would be sent: one, or the lines of a batch.

use std::collections::HashMap;

use certgate::{
    Client, OrderId, OrderRequest, Rehearsal, RunningJobs,
    estate::{Step, Task},
    rehearse,
};
use certgate_domain::{AnyTask, TaskKind, task};
use certgate_wire::Finding;
use serde_json::{Value, json};

use crate::{
    app::App,
    common::share::Share,
    exit::{Exit, Failure, Kind},
    ui::{
        advice::{self, Asking},
        document,
        outcome::{Asked, strict},
        plan::{self, Planning},
        progress::Progress,
    },
};

/// Requests as they would be sent.
type Requests = Vec<(TaskKind, String)>;

/// Shows the requests of an order and sends nothing that changes anything.
pub(crate) fn one(app: &App, share: &mut Share, request: &mut OrderRequest) -> Result<Exit, Failure> {
    let mut progress = Progress::of_one(app, Asked::default());
    let id = share.id();
    let mut running = share.running_jobs(1);
    let requests = rehearsed(app, share, &mut running, &id, request, &mut progress, false);
    progress.finish();
    show(app, &requests?, &progress.findings);
    strict(app, &progress.findings)?;
    Ok(Exit::DONE)
}

/// Shows what would be done with each line of a batch, and what is wrong with it.
/// `details` is what is to be known of one besides.
pub(crate) fn several(app: &App, shares: Vec<Share>, details: &HashMap<OrderId, String>) -> Result<Exit, Failure> {
    let tasks: Vec<&Task> = shares.iter().flat_map(|share| &share.tasks).collect();
    let count = tasks.len();
    let mut progress = Progress::through(app, Asked::default(), &tasks, None);
    let (mut rows, mut interrupted) = (Vec::new(), None);
    for mut share in shares {
        let (mut running, options) = (share.running_jobs(count), share.options());
        for mut task in std::mem::take(&mut share.tasks) {
            let requests = match &mut task.step {
                Step::Place { request, .. } => {
                    Some(rehearsed(app, &mut share, &mut running, &task.id, request, &mut progress, true))
                }
                _ => None,
            };
            let requests = match requests {
                Some(Err(why)) if why.kind() == Kind::Interrupted => {
                    interrupted.get_or_insert(why);
                    break;
                }
                requests => requests.map(|requests| requests.map(|requests| documents(&requests))),
            };
            progress.looked_at();
            let detail = details.get(&task.id).cloned();
            rows.push(Planning { task, requests, detail, options: options.clone() });
        }
    }
    progress.finish();
    plan::print_batch(app, rows, &progress.findings, interrupted)
}

/// Every request of an order as it would be sent, and what is asked once it is accepted.
fn rehearsed(
    app: &App,
    share: &mut Share,
    running: &mut RunningJobs,
    id: &OrderId,
    request: &mut OrderRequest,
    progress: &mut Progress<'_>,
    by_file: bool,
) -> Result<Requests, Failure> {
    let place = share.options();
    let asking = Asking { options: &place, by_file };
    request.install = request.install.take().map(|install| share.noting_profile(app, install));
    let (journal, options) = (share.journal.clone(), app.run_options_of(&share.settings));
    let client = share.client();
    let Rehearsal { mut tasks, ending } = rehearse(client, &journal, running, id, request, &options, progress)
        .map_err(|why| Failure::of_account(&why, asking))?;
    if let Some(ending) = ending {
        return Err(advice::ending(request.task(), ending, asking));
    }
    tasks.extend([
        AnyTask::from(task::PollInfo),
        AnyTask::from(task::PollConfirm::default()),
        AnyTask::from(task::CertificateInfo { id: request.certificate() }),
    ]);
    Ok(requests(client, &tasks))
}

/// Prints the requests of tasks as they would be sent, without their secrets.
pub(crate) fn show_requests(app: &App, client: &Client, tasks: &[AnyTask]) {
    show(app, &requests(client, tasks), &[]);
}

fn requests(client: &Client, tasks: &[AnyTask]) -> Requests {
    tasks.iter().map(|task| (task.kind(), client.shown(task).1)).collect()
}

fn show(app: &App, requests: &Requests, findings: &[Finding]) {
    if app.json() {
        let (requests, findings) = (documents(requests), document::findings(findings));
        return app.stdout.print(&json!({ "schema": 1, "requests": requests, "findings": findings }));
    }
    for (task, text) in requests {
        app.stdout.line(&format!("# {} ({})\n{text}", task.name(), task.code()));
    }
}

fn documents(requests: &Requests) -> Value {
    requests.iter().map(|(task, request)| json!({ "task": task.name(), "request": request })).collect()
}
