//! Orders, placed and driven: what the commands that order have in common.

use std::path::PathBuf;

use certgate::{
    CertificateSelector, Client, Fetched, InstallOptions, Journal, OrderId, OrderRequest, Preparation,
    PreparationOptions, Rehearsal, ResumeOptions, Resumption, RunItem, RunOptions, Runner, SelectionError, fetch,
    rehearse, resume,
};
use certgate_domain::{AnyTask, task};
use certgate_flow::Purpose;
use certgate_store::Order;
use certgate_wire::Finding;
use serde_json::{Value, json};

use crate::{
    app::{App, Connection},
    args::{key::Keys, ordering::Ordering},
    exit::{Exit, Failure, Kind},
    ui::{
        advice, document,
        outcome::{self, Asked, CommandOutput, strict},
        progress::Progress,
    },
};

/// What is ordered, and of which certificate.
pub(crate) enum Action {
    Create,
    Reissue(CertificateSelector),
    Renew(CertificateSelector),
}

impl Action {
    /// The purpose while nobody is asked yet: the certificate's id is still to be found.
    fn purpose(&self) -> Purpose {
        match self {
            Self::Create => Purpose::Create,
            Self::Reissue(_) => Purpose::Reissue(0),
            Self::Renew(_) => Purpose::Renew(0),
        }
    }

    /// The certificate, as it is named; a new one has no name at the gateway yet.
    fn certificate(&self) -> Option<&CertificateSelector> {
        match self {
            Self::Create => None,
            Self::Reissue(certificate) | Self::Renew(certificate) => Some(certificate),
        }
    }

    /// What it is about, for people.
    fn subject(&self, request: &OrderRequest) -> String {
        if let Some(certificate) = self.certificate() {
            return format!("certificate {certificate}");
        }
        let asked_for = request.csr.as_ref().and_then(|(_, csr)| csr.common_name.as_deref());
        request.name.as_deref().or(asked_for).map(|name| format!("new: {name}")).unwrap_or_default()
    }

    /// The same with the certificate's id.
    fn found(&self, client: &mut Client) -> Result<Purpose, SelectionError> {
        Ok(match self {
            Self::Create => Purpose::Create,
            Self::Reissue(certificate) => Purpose::Reissue(certificate.find(client)?),
            Self::Renew(certificate) => Purpose::Renew(certificate.find(client)?),
        })
    }
}

/// Places an order and drives it to its end.
pub(crate) fn place(
    app: &App,
    ordering: &Ordering,
    action: &Action,
    csr: Option<PathBuf>,
    keys: &Keys,
) -> Result<Exit, Failure> {
    let mut request = ordering.request(app, action.purpose(), action.certificate(), csr.as_deref(), keys)?;
    request.check()?;
    ordering.waiting.queue.check()?;
    let timeout = ordering.waiting.timeout;
    let mut connection = Connection::open(app, Some(timeout))?;
    request.purpose = action.found(&mut connection.client)?;
    if ordering.dry_run {
        request.make_csr(&mut connection.client, true)?;
        return rehearsed(app, &mut connection.client, &request);
    }
    let asked = Asked { timeout, subject: action.subject(&request), ..Asked::default() };
    let mut progress = Progress::of_one(app, asked);
    let options = ordering.waiting.queue.options(app.run_options()?);
    let mut journal = connection.journal()?;
    let prepared = PreparationOptions { deadline: timeout, wait: !ordering.no_wait, recovery: app.recovery(&options)? };
    let mut running = app.running_jobs(1);
    let id = connection.id();
    let mut preparation = Preparation {
        client: &mut connection.client,
        journal: &mut journal,
        running: &mut running,
        options: &prepared,
        not_removed: &mut |why| progress.not_removed(why),
    };
    let item = preparation.order(id, &mut request, None)?;
    let shown = drive_in(&mut connection.client, &mut journal, item, options, &mut progress);
    shown?.print(app, &progress.findings)
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

/// Gets an issued certificate, puts it in place where it is to be, and shows it after what `document` holds.
pub(crate) fn fetched(
    app: &App,
    client: &mut Client,
    id: i64,
    install: Option<InstallOptions>,
    document: Value,
) -> Result<Exit, Failure> {
    let Fetched { outcome, findings } = fetch(client, id, install, &app.run_options()?)?;
    document::warn(app, &findings);
    let exit = outcome::fetched(app, document, &outcome)?.print(app, &findings)?;
    Ok(if exit.kind() == Some(Kind::Unchanged) { Exit::unchanged("the very same is in place") } else { exit })
}

/// Shows the requests of an order and sends nothing that changes anything.
fn rehearsed(app: &App, client: &mut Client, request: &OrderRequest) -> Result<Exit, Failure> {
    let mut progress = Progress::of_one(app, Asked::default());
    let id = client.options().ctid.clone().map_or_else(OrderId::new, OrderId::from);
    let mut flow = request.flow(std::time::Duration::MAX, true);
    let rehearsed = rehearse(client, &id, &mut *flow, app.strict, &mut progress);
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
    show_requests(app, client, &tasks, &progress.findings);
    strict(app, &progress.findings)?;
    Ok(Exit::DONE)
}

/// Prints the requests of tasks as they would be sent, without their secrets.
pub(crate) fn show_requests(app: &App, client: &Client, tasks: &[AnyTask], found: &[Finding]) {
    let mut requests = Vec::new();
    for task in tasks {
        let (_, text) = client.shown(task);
        if !app.json() {
            app.stdout.line(&format!("# {} ({})\n{text}", task.kind().name(), task.kind().code()));
        }
        requests.push(json!({ "task": task.kind().name(), "request": text }));
    }
    if app.json() {
        app.stdout.print(&json!({ "schema": 1, "requests": requests, "findings": document::findings(found) }));
    }
}

/// What is left to do of an order: to drive it, or what is to be shown of it.
pub(crate) fn prepared(
    client: &mut Client,
    journal: &mut Journal,
    order: &Order,
    options: &ResumeOptions,
    progress: &Progress<'_>,
) -> Result<Result<Box<RunItem>, Result<CommandOutput, Failure>>, Failure> {
    let mut not_removed = |why: &_| progress.not_removed(why);
    Ok(match resume(client, journal, order, options, &mut not_removed)? {
        Resumption::Ready(item) => Ok(item),
        other => Err(crate::ui::resumption::shown(&order.order.id, other)),
    })
}
