//! `certgate resume`.

use std::path::PathBuf;

use certgate::{Client, Installation, Kind, Ledger, Settled, drive, settle};
use certgate_domain::{TaskKind, task::CertificateInfo};
use certgate_flow::{Awaited, Order as Flow, Purpose, Wait, Wanted};
use certgate_store::{Order, State};
use certgate_x509::CertificateRequest;
use clap::Args;
use serde_json::json;

use crate::{
    args::Global,
    command::order::{Origin, Waiting, carried_through, read_csr},
    connection::Connection,
    exit::Failure,
    progress::{Progress, strict},
    report::{Report, Shown},
    ui::advice::clean_up,
    ui::document,
    ui::streams::say,
};

/// Carry on with orders that are not finished: after an interruption, a crash, --no-wait
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate resume
  certgate resume certgate-57c1d2a4e0b93f68
  certgate resume 4297539521 --certificate 571 --csr example.com.csr --out certificates/example.com")]
pub(crate) struct Resume {
    /// The order's id, or its job's; without it every order in the store that is not finished
    order: Option<String>,
    /// For an order that is not in the store: the certificate's id
    #[arg(long, value_name = "ID")]
    certificate: Option<i64>,
    /// For an order that is not in the store: the name of a new certificate
    #[arg(long)]
    name: Option<String>,
    /// For an order that is not in the store: its CSR, PEM [default: the certificate's own]
    #[arg(long, value_name = "FILE")]
    csr: Option<PathBuf>,
    #[command(flatten)]
    waiting: Waiting,
}

impl Resume {
    pub(crate) fn run(self, global: &Global) -> Result<u8, Failure> {
        let installation = self.waiting.install.installation()?;
        installation.as_ref().map_or(Ok(()), |there| there.check(false))?;
        if global.is_offline() && self.certificate.is_none() && self.name.is_none() {
            return Err(Failure::usage(
                "a replay has a store of its own, without orders: give --certificate or --name of what was recorded",
            ));
        }
        let mut connection = Connection::open(global, Some(self.waiting.timeout))?;
        if self.certificate.is_some() || self.name.is_some() {
            return self.without_store(global, &mut connection, installation.as_ref());
        }
        let ledger = connection.ledger()?;
        let Some(id) = &self.order else { return self.all(global, &mut connection, &ledger, installation.as_ref()) };
        let found = ledger.find(id)?.ok_or_else(|| {
            Failure::usage(format!(
                "order {id} is not in the store: `certgate orders` lists them; for one that was made elsewhere give --certificate or --name"
            ))
        })?;
        carry_on(global, &mut connection, &mut { ledger }, &found, &self.waiting, installation.as_ref())?.print(global)
    }

    /// Every order that is not finished, one after the other; one that cannot go on does not stop the rest.
    fn all(
        &self,
        global: &Global,
        connection: &mut Connection,
        ledger: &Ledger,
        installation: Option<&Installation>,
    ) -> Result<u8, Failure> {
        let orders = ledger.unfinished()?;
        if orders.is_empty() {
            if global.json() {
                document::print(&json!({ "schema": 1, "orders": [] }));
            } else {
                document::line("nothing to carry on with");
            }
            return Ok(Kind::Unchanged.exit_code());
        }
        if let [order] = orders.as_slice() {
            let mut ledger = connection.ledger()?;
            return carry_on(global, connection, &mut ledger, order, &self.waiting, installation)?.print(global);
        }
        let (mut results, mut first, mut found) = (Vec::new(), None, Vec::new());
        for order in &orders {
            let mut ledger = connection.ledger()?;
            let done = carry_on(global, connection, &mut ledger, order, &self.waiting, installation);
            let state = ledger.find(&order.order.id)?.map_or(order.state, |order| order.state);
            let mut result = json!({ "id": order.order.id, "state": state.as_str() });
            match done {
                Ok(shown) => found.extend(shown.findings),
                Err(failure) if failure.kind() == Kind::Interrupted => return Err(failure),
                Err(failure) => {
                    result["error"] = failure.error();
                    say(&format!("certgate: {}: {failure}", order.order.id));
                    first.get_or_insert(failure.kind());
                }
            }
            if !global.json() {
                document::line(&format!("{}  {}", order.order.id, state.as_str()));
            }
            results.push(result);
        }
        if global.json() {
            document::print(&json!({ "schema": 1, "orders": results }));
        }
        strict(global, &found)?;
        Ok(first.map_or(0, Kind::exit_code))
    }

    /// An order made elsewhere, by what is known of it.
    fn without_store(
        &self,
        global: &Global,
        connection: &mut Connection,
        installation: Option<&Installation>,
    ) -> Result<u8, Failure> {
        let job = self.order.as_deref().map(|job| {
            job.parse::<i64>().map_err(|_| Failure::usage(format!("job `{job}`: expected a number, the job's id")))
        });
        let job = job.transpose()?;
        let read = self.csr.as_deref().map(read_csr).transpose()?;
        let ledger = connection.ledger()?;
        let client = &mut connection.client;
        let request = match (read, self.certificate) {
            (Some((_, request)), _) => request,
            (None, Some(certificate)) => own_request(client, certificate)?,
            (None, None) => return Err(Failure::usage("a new certificate needs --csr, the CSR it was ordered with")),
        };
        let awaited = Awaited {
            certificate: self.certificate,
            job,
            stid: None,
            name: self.name.clone(),
            key: Some(request.key.spki.clone()),
        };
        let mut flow = Wait::new(awaited, self.waiting.foreign.into(), self.waiting.timeout).resumed();
        let mut progress = Progress::new(global, client, self.waiting.spool.clone()).ordered();
        progress.ledger = Some(ledger);
        let ended = drive(client, &mut flow, &mut progress);
        progress.finish();
        progress.ledger = None;
        let report = Report {
            certificate: self.certificate,
            request: Some(&request),
            job,
            name: self.name.as_deref(),
            csr: self.csr.clone(),
            ..progress.report(TaskKind::CertificateReissue, installation, self.waiting.timeout)
        };
        let (shown, _) = report.close(ended, true);
        shown?.print(global)
    }
}

/// Carries on with an order of the store at the right step. Its certificate goes into the given installation, else where the
/// order was to install it.
pub(crate) fn carry_on(
    global: &Global,
    connection: &mut Connection,
    ledger: &mut Ledger,
    known: &Order,
    waiting: &Waiting,
    installation: Option<&Installation>,
) -> Result<Shown, Failure> {
    let id = &known.order.id;
    if known.state.is_finished() && known.published.is_empty() {
        return Ok(over(known, Some(Kind::Unchanged)));
    }
    if !ledger.claim(id)? {
        return Err(Failure::held(id));
    }
    // Whoever had it may have gone on with it until now.
    let found =
        |ledger: &Ledger| ledger.find(id)?.ok_or_else(|| Failure::new(Kind::Internal, "the order left the store"));
    let mut order = found(ledger)?;
    if known.state.is_finished() || order.state == State::Validating {
        return tidied(ledger, &order);
    }
    if matches!(order.state, State::Intended | State::Unknown) {
        if order.state == State::Intended {
            ledger.note(id, State::Unknown, "found without an outcome: its process is gone")?;
        }
        if let Settled::Open { seen } = settle(&mut connection.client, ledger, &order)? {
            return Err(open(id, &seen));
        }
        order = found(ledger)?;
    }
    if order.state.is_finished() {
        clean_up(&mut **ledger.store(), id, &say)?;
    }
    match order.state {
        State::Failed => {
            let text = format!("order {id}: the gateway ended the job without a certificate");
            Err(Failure::new(Kind::Refused, text).with("order", over(&order, None).document["order"].take()))
        }
        state if state.is_finished() => Ok(over(&order, None)),
        _ => finish(global, connection, &order, waiting, installation),
    }
}

/// An order that never left or is over, of which what was published is still there: removes it.
fn tidied(ledger: &mut Ledger, order: &Order) -> Result<Shown, Failure> {
    let id = &order.order.id;
    let is_gone = clean_up(&mut **ledger.store(), id, &say)?;
    let text = match (order.state, is_gone) {
        (State::Validating, _) => format!("order {id} never left: order again"),
        (_, true) => return Ok(over(order, None)),
        (_, false) => format!("order {id}: what was published to validate it is still there"),
    };
    let state = if order.state == State::Validating { State::Unsent } else { order.state };
    Err(Failure::new(Kind::CheckFailed, text).with("order", json!({ "id": id, "ctid": id, "state": state.as_str() })))
}

/// An order of which nothing is left to be done.
fn over(order: &Order, kind: Option<Kind>) -> Shown {
    let (id, state) = (&order.order.id, order.state.as_str());
    let document = json!({ "schema": 1, "order": { "id": id, "ctid": id, "state": state } });
    Shown { document, lines: vec![format!("{id}  {state}")], kind, findings: Vec::new() }
}

/// An order whose outcome cannot be told: a person chooses.
pub(crate) fn open(id: &str, seen: &[String]) -> Failure {
    let text = format!(
        "order {id}: whether it arrived cannot be told. Seen:\n  {}\nIf a job of the account is this order: certgate orders adopt {id} --job JOB\n\
         If it never arrived (give it some minutes): certgate orders abandon {id}, and order again",
        seen.join("\n  ")
    );
    Failure::new(Kind::Unknown, text)
        .with("order", json!({ "id": id, "ctid": id, "state": "unknown" }))
        .with("seen", json!(seen))
}

/// Waits for an accepted order, fetches, checks and writes.
fn finish(
    global: &Global,
    connection: &mut Connection,
    order: &Order,
    waiting: &Waiting,
    installation: Option<&Installation>,
) -> Result<Shown, Failure> {
    let id = order.order.id.clone();
    let mut ledger = connection.ledger()?;
    let message = ledger.message_of(&id)?;
    let resume = order.order.resume.clone();
    // What this run is asked for goes before what that one was.
    let installation = installation.cloned().or_else(|| resume.install.clone().map(Installation::new));
    let progress = Progress::new(global, &connection.client, waiting.spool.clone()).ordered().of(&id);
    let mut progress = progress.writing(ledger, certgate::Carry { resume, batch: None });
    if order.order.task == TaskKind::CertificateDelete.name() {
        return deleted(connection, order, progress, waiting);
    }
    let csr = order.order.csr.clone().unwrap_or_default();
    let request = CertificateRequest::from_pem(&csr)
        .map_err(|why| Failure::new(Kind::Internal, format!("the store's CSR of order {id} cannot be read: {why}")))?;
    let purpose = match (order.order.task.as_str(), order.order.certificate) {
        ("certificate-reissue", Some(certificate)) => Purpose::Reissue(certificate),
        ("certificate-renew", Some(certificate)) => Purpose::Renew(certificate),
        ("certificate-create", Some(certificate)) => Purpose::Reissue(certificate),
        ("certificate-create", None) => Purpose::Create,
        (task, _) => {
            progress.note(State::Unknown, "cannot be carried on");
            return Err(open(&id, &[format!("task {task} has no job to wait for")]));
        }
    };
    let wanted = Wanted {
        purpose,
        csr: Some((csr, request)),
        product: order.order.product.clone(),
        name: order.order.name.clone(),
        admin: None,
        technical: None,
        software: None,
        lifetime: None,
        method: None,
        provisioning: None,
        approver: None,
        foreign: waiting.foreign.into(),
        deadline: waiting.timeout,
        wait: true,
    };
    let mut flow = Flow::accepted(wanted, None, order.job, order.stid.clone());
    if let (Some(message), Some(wait)) = (message, flow.waiting()) {
        wait.deliver(&message);
    }
    let origin = Origin { csr: None, waiting, installation: installation.as_ref() };
    carried_through(connection, &mut flow, progress, &origin)
}

fn deleted(
    connection: &mut Connection,
    order: &Order,
    mut progress: Progress<'_>,
    waiting: &Waiting,
) -> Result<Shown, Failure> {
    let awaited = Awaited {
        certificate: order.order.certificate,
        job: order.job,
        stid: order.stid.clone(),
        name: order.order.name.clone(),
        key: None,
    };
    let mut flow = Wait::new(awaited, waiting.foreign.into(), waiting.timeout).resumed();
    let ended = drive(&mut connection.client, &mut flow, &mut progress);
    progress.finish();
    let report = Report {
        certificate: order.order.certificate,
        job: order.job,
        name: order.order.name.as_deref(),
        ..progress.report(TaskKind::CertificateDelete, None, waiting.timeout)
    };
    let (shown, stands) = report.close(ended, true);
    if let Some((state, detail)) = stands {
        progress.note(state, &detail);
    }
    shown
}

/// A renewal without a CSR of its own keeps the certificate's.
fn own_request(client: &mut Client, certificate: i64) -> Result<CertificateRequest, Failure> {
    let answer = client.call(CertificateInfo::new(certificate))?;
    let csr = answer.value.data.into_iter().find_map(|certificate| certificate.csr);
    let csr = csr.ok_or_else(|| Failure::usage("the gateway does not say the certificate's CSR: give --csr"))?;
    CertificateRequest::from_pem(&csr).map_err(|why| {
        Failure::new(Kind::Usage, format!("the certificate's own CSR cannot be used ({why}): give --csr"))
    })
}
