//! Orders, placed and driven: what the commands that order have in common.

use std::path::PathBuf;

use certgate::{Client, Journal, OrderId, OrderRequest, Rehearsal, RunItem, RunOptions, Runner, rehearse};
use certgate_domain::{AnyTask, task};
use certgate_flow::Purpose;
use certgate_wire::Finding;
use serde_json::json;

use crate::{
    args::{Global, key::Keys, ordering::Ordering},
    connection::Connection,
    exit::Failure,
    ui::{
        advice, document,
        outcome::{Asked, CommandOutput, strict},
        progress::Progress,
    },
};

/// Places an order and drives it to its end.
pub(crate) fn place(
    global: &Global,
    ordering: &Ordering,
    purpose: Purpose,
    csr: Option<PathBuf>,
    keys: &Keys,
) -> Result<u8, Failure> {
    let mut request = ordering.request(global, purpose, csr.as_deref(), keys)?;
    request.check()?;
    ordering.waiting.queue.check()?;
    let timeout = ordering.waiting.timeout;
    let mut connection = Connection::open(global, Some(timeout))?;
    request.make_csr(&mut connection.client, ordering.dry_run)?;
    if ordering.dry_run {
        return rehearsed(global, &mut connection.client, &request);
    }
    let item = request.item(connection.id(), timeout, !ordering.no_wait);
    let asked = Asked { timeout, ..Asked::default() };
    let mut progress = Progress::of_one(global, asked);
    let options = ordering.waiting.queue.options(global);
    let shown = drive_one(&mut connection, item, options, &mut progress);
    shown?.print(global, &progress.findings)
}

/// Drives one order to its end.
pub(crate) fn drive_one(
    connection: &mut Connection,
    item: RunItem,
    options: RunOptions,
    progress: &mut Progress<'_>,
) -> Result<CommandOutput, Failure> {
    let mut journal = connection.journal()?;
    drive_in(&mut connection.client, &mut journal, item, options, progress)
}

/// The same, with a journal that is open.
pub(crate) fn drive_in(
    client: &mut Client,
    journal: &mut Journal,
    item: RunItem,
    options: RunOptions,
    progress: &mut Progress<'_>,
) -> Result<CommandOutput, Failure> {
    let run = Runner::new(std::slice::from_mut(client), options).run(journal, vec![item], progress);
    progress.finish();
    let shown = progress.only();
    match (shown, run.error) {
        // Why the run ended is the order's own reason, where that one ended with it.
        (Ok(_), Some(error)) => Err(error.into()),
        (shown, _) => shown,
    }
}

/// Shows the requests of an order and sends nothing that changes anything.
fn rehearsed(global: &Global, client: &mut Client, request: &OrderRequest) -> Result<u8, Failure> {
    let mut progress = Progress::of_one(global, Asked::default());
    let id = client.options().ctid.clone().map_or_else(OrderId::new, OrderId::from);
    let mut flow = request.flow(std::time::Duration::MAX, true);
    let rehearsed = rehearse(client, &id, &mut *flow, global.strict, &mut progress);
    progress.finish();
    let Rehearsal { mut tasks, ending } = rehearsed?;
    if let Some(ending) = ending {
        return Err(advice::ending(request.task(), ending));
    }
    tasks.extend([
        AnyTask::from(task::PollInfo),
        AnyTask::from(task::PollConfirm::default()),
        AnyTask::from(task::CertificateInfo { id: request.certificate() }),
    ]);
    show_requests(global, client, &tasks, &progress.findings);
    strict(global, &progress.findings)?;
    Ok(0)
}

/// Prints the requests of tasks as they would be sent, without their secrets.
pub(crate) fn show_requests(global: &Global, client: &Client, tasks: &[AnyTask], found: &[Finding]) {
    let mut requests = Vec::new();
    for task in tasks {
        let (_, text) = client.shown(task);
        if !global.json() {
            document::line(&format!("# {} ({})\n{text}", task.kind().name(), task.kind().code()));
        }
        requests.push(json!({ "task": task.kind().name(), "request": text }));
    }
    if global.json() {
        document::print(&json!({ "schema": 1, "requests": requests, "findings": document::findings(found) }));
    }
}
