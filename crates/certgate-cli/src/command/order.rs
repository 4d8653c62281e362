//! What the orders of a certificate have in common: `create`, `reissue`, `renew`.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};

use certgate::{
    Carry, Client, Installation, KeySource, Spool,
    config::parse_duration,
    drive,
    installation::durable,
    rehearse,
    validation::{Method as ValidationMethod, Validation},
};
use certgate_domain::{
    AnyTask, Certificate, TaskKind,
    task::{self, CertificateInfo},
    words::{AuthMethod, ServerSoftware},
};
use certgate_flow::{Ending, ForeignMessages, Order, Purpose, Wanted};
use certgate_store::{ResumeData, State};
use certgate_wire::Finding;
use certgate_x509::CertificateRequest;
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::{
    args::{Global, install::Install, key::Keys, validation::ValidationArgs},
    connection::Connection,
    exit::Failure,
    progress::{Progress, strict},
    report::{Report, Shown, failed},
    ui::advice,
    ui::{document, streams::say},
};

/// What is ordered, and how it is waited for.
#[derive(Debug, Args)]
pub(crate) struct Ordering {
    /// The product's code [default: the certificate's]
    #[arg(long)]
    product: Option<String>,
    /// The certificate's name [default: the certificate's]
    #[arg(long)]
    name: Option<String>,
    /// Id of the administrative contact [default: the certificate's]
    #[arg(long, value_name = "ID", allow_negative_numbers = true)]
    admin: Option<i64>,
    /// Id of the technical contact [default: the certificate's]
    #[arg(long, value_name = "ID", allow_negative_numbers = true)]
    technical: Option<i64>,
    /// The server software, such as APACHE2 [default: the certificate's]
    #[arg(long)]
    software: Option<String>,
    /// The term [default: the certificate's]
    #[arg(long, value_name = "MONTHS", value_parser = clap::value_parser!(i64).range(1..))]
    lifetime: Option<i64>,
    /// How control over the name is shown [default: the certificate's]
    #[arg(long, conflicts_with_all = ["dns", "webroot", "approver"])]
    method: Option<Method>,
    /// Whether the gateway publishes the DNS record itself [default: the certificate's]
    #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set, conflicts_with_all = ["dns", "webroot", "approver"])]
    provisioning: Option<bool>,
    #[command(flatten)]
    validation: ValidationArgs,
    #[command(flatten)]
    waiting: Waiting,
    /// Order, and leave the waiting to `certgate resume`
    #[arg(long)]
    no_wait: bool,
    /// Show the requests and order nothing
    #[arg(long, conflicts_with = "no_wait")]
    dry_run: bool,
}

/// How an accepted order is waited for, and where its certificate goes.
#[derive(Debug, Args)]
pub(crate) struct Waiting {
    /// How long to wait in all: 90s, 30m, 2h
    #[arg(long, default_value = "30m", value_parser = parse_duration)]
    pub(crate) timeout: Duration,
    #[command(flatten)]
    pub(crate) install: Install,
    /// What to do with messages of others in the account's queue
    #[arg(long, value_enum, default_value = "spool")]
    pub(crate) foreign: Foreign,
    /// Hand messages of others over into this folder [default: they stay in the store until `certgate poll follow`]
    #[arg(long, value_name = "DIR")]
    pub(crate) spool: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Method {
    Dns,
    File,
    Email,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Foreign {
    /// Store each durably, confirm it, go on
    Spool,
    /// Stop at the first (exit 6)
    Stop,
    /// Never touch the queue: ask for job and certificate
    Leave,
}

impl From<Foreign> for ForeignMessages {
    fn from(foreign: Foreign) -> Self {
        match foreign {
            Foreign::Spool => Self::Spool,
            Foreign::Stop => Self::Stop,
            Foreign::Leave => Self::Leave,
        }
    }
}

/// A CSR from a file, checked before anything is sent: its text as it is sent, written anew, and its facts.
pub(crate) fn read_csr(path: &Path) -> Result<(String, CertificateRequest), Failure> {
    let request = CertificateRequest::from_pem(csr_file(path)?)
        .map_err(|why| Failure::usage(format!("CSR {}: {why}", path.display())))?;
    let warn = |text: &str| say(&format!("certgate: warning: CSR {}: {text}", path.display()));
    if let Some(algorithm) = request.unchecked_signature() {
        warn(&format!("its signature cannot be checked: {algorithm}"));
    }
    let others: Vec<String> = request.names_not_demanded().map(ToString::to_string).collect();
    if !others.is_empty() {
        warn(&format!("an authority may leave out {}; the certificate is not checked for it", others.join(", ")));
    }
    Ok((request.to_pem().trim_end().to_owned(), request))
}

/// What a CSR's file holds.
pub(crate) fn csr_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |why: std::io::Error| Failure::usage(format!("CSR {}: {why}", path.display()));
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().take(1 << 20).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        fs::File::open(path).and_then(|file| file.take(1 << 20).read_to_end(&mut bytes)).map_err(unreadable)?;
    }
    Ok(bytes)
}

impl Ordering {
    /// Runs the order.
    pub(crate) fn run(
        self,
        global: &Global,
        purpose: Purpose,
        csr: Option<PathBuf>,
        keys: &Keys,
    ) -> Result<u8, Failure> {
        if global.password_stdin && csr.as_deref() == Some(Path::new("-")) {
            return Err(Failure::usage(
                "--password-stdin and --csr - both want standard input: give one of them as a file",
            ));
        }
        let mut read = csr.as_deref().map(read_csr).transpose()?;
        let key = keys.source();
        let installation = self.waiting.install.installation()?;
        if let Some(installation) = &installation {
            installation.check(key.is_some())?;
            if let Some((_, request)) = &read {
                installation.check_request(request)?;
            }
        }
        self.waiting.check_spool()?;
        let validation = self.validation.validation()?;
        validation.check().map_err(advice::validation)?;
        let mut connection = Connection::open(global, Some(self.waiting.timeout))?;
        let client = &mut connection.client;
        if let (Some(key), Some(installation)) = (&key, &installation) {
            let known = known(client, purpose)?;
            read = Some(key.request(installation, &known, self.name.as_deref(), &keys.san, self.dry_run)?);
        }
        let mut flow = Order::new(self.wanted(purpose, read, &validation));
        let progress = Progress::new(global, client, self.waiting.spool.clone());
        if self.dry_run {
            return rehearsed(global, client, &mut flow, progress);
        }
        let ledger = connection.ledger()?;
        let progress = progress
            .writing(
                ledger,
                Carry {
                    resume: ResumeData::installing(installation.as_ref().map(|there| durable(there.options()))),
                    batch: None,
                },
            )
            .validating(&validation, flow.request());
        let origin = Origin { csr, waiting: &self.waiting, installation: installation.as_ref() };
        carried_through(&mut connection, &mut flow, progress, &origin)?.print(global)
    }

    fn wanted(&self, purpose: Purpose, csr: Option<(String, CertificateRequest)>, validation: &Validation) -> Wanted {
        let asked = validation.method();
        let validation = asked.as_ref().map(ValidationMethod::words);
        Wanted {
            purpose,
            csr,
            product: self.product.clone(),
            name: self.name.clone(),
            admin: self.admin,
            technical: self.technical,
            software: self.software.as_deref().map(ServerSoftware::from),
            lifetime: self.lifetime,
            method: validation.as_ref().map(|(method, _)| method.clone()).or_else(|| {
                self.method.map(|method| match method {
                    Method::Dns => AuthMethod::Dns,
                    Method::File => AuthMethod::File,
                    Method::Email => AuthMethod::Email,
                })
            }),
            provisioning: validation.as_ref().map_or(self.provisioning, |(_, provisioning)| *provisioning),
            approver: match asked {
                Some(ValidationMethod::Email { approver }) => Some(approver),
                _ => None,
            },
            foreign: self.waiting.foreign.into(),
            deadline: self.waiting.timeout,
            wait: !self.no_wait,
        }
    }
}

/// Where an order comes from, and where its files go.
pub(crate) struct Origin<'a> {
    pub(crate) csr: Option<PathBuf>,
    pub(crate) waiting: &'a Waiting,
    pub(crate) installation: Option<&'a Installation>,
}

/// Drives an order to its end and writes down how it ended.
pub(crate) fn carried_through(
    connection: &mut Connection,
    flow: &mut Order,
    mut progress: Progress<'_>,
    origin: &Origin<'_>,
) -> Result<Shown, Failure> {
    let ended = drive(&mut connection.client, flow, &mut progress);
    progress.finish();
    if matches!(ended, Ok(Ending::Issued(_))) {
        progress.note(State::Issued, "fetched");
    }
    // What has an outcome needs no validation any more; what waits still does.
    let waits = match &ended {
        Ok(ending) => matches!(ending, Ending::Pending(_)),
        Err(error) => flow.is_ordered() || error.leaves_outcome_open(),
    };
    if !waits {
        progress.clean_up();
    }
    let Origin { csr, waiting, installation } = origin;
    let report = Report {
        certificate: id(flow.purpose()),
        request: flow.request(),
        job: flow.job(),
        name: flow.name(),
        csr: csr.clone(),
        ..progress.report(kind(flow.purpose()), *installation, waiting.timeout)
    };
    let (shown, stands) = report.close(ended, flow.is_ordered());
    if let Some((state, detail)) = stands {
        progress.note(state, &detail);
    }
    shown
}

/// The task of an order.
pub(crate) fn kind(purpose: Purpose) -> TaskKind {
    match purpose {
        Purpose::Create => TaskKind::CertificateCreate,
        Purpose::Reissue(_) => TaskKind::CertificateReissue,
        Purpose::Renew(_) => TaskKind::CertificateRenew,
    }
}

pub(crate) fn id(purpose: Purpose) -> Option<i64> {
    match purpose {
        Purpose::Create => None,
        Purpose::Reissue(id) | Purpose::Renew(id) => Some(id),
    }
}

/// Shows the requests of an order and sends nothing that changes anything.
fn rehearsed(
    global: &Global,
    client: &mut Client,
    flow: &mut Order,
    mut progress: Progress<'_>,
) -> Result<u8, Failure> {
    let rehearsed = rehearse(client, flow, &mut progress);
    progress.finish();
    let (mut tasks, ending) = rehearsed?;
    if let Some(ending) = ending {
        return Err(failed(kind(flow.purpose()), ending));
    }
    tasks.extend([
        AnyTask::from(task::PollInfo),
        AnyTask::from(task::PollConfirm::default()),
        AnyTask::from(task::CertificateInfo { id: id(flow.purpose()) }),
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

/// The certificate that is there, as the gateway has it; none of it where the order is for a new one.
pub(crate) fn known(client: &mut Client, purpose: Purpose) -> Result<Certificate, Failure> {
    match id(purpose) {
        Some(id) => Ok(client.call(CertificateInfo::new(id))?.value.data.into_iter().next().unwrap_or_default()),
        None => Ok(Certificate::default()),
    }
}

/// Orders with a key, which comes into its folder with its certificate.
pub(crate) fn ordered_anew(
    global: &Global,
    connection: &mut Connection,
    purpose: Purpose,
    waiting: &Waiting,
    key: &KeySource,
    installation: &Installation,
    validation: &Validation,
) -> Result<Shown, Failure> {
    let known = known(&mut connection.client, purpose)?;
    let request = key.request(installation, &known, None, &[], false)?;
    let (method, provisioning) = match validation.method().as_ref().map(ValidationMethod::words) {
        Some((method, provisioning)) => (Some(method), provisioning),
        None => (None, None),
    };
    let mut flow = Order::new(Wanted {
        purpose,
        csr: Some(request),
        product: None,
        name: None,
        admin: None,
        technical: None,
        software: None,
        lifetime: None,
        method,
        provisioning,
        approver: match validation.method() {
            Some(ValidationMethod::Email { approver }) => Some(approver),
            _ => None,
        },
        foreign: waiting.foreign.into(),
        deadline: waiting.timeout,
        wait: true,
    });
    let carry = Carry { resume: ResumeData::installing(Some(durable(installation.options()))), batch: None };
    let progress = Progress::new(global, &connection.client, None)
        .writing(connection.ledger()?, carry)
        .validating(validation, flow.request());
    let origin = Origin { csr: None, waiting, installation: Some(installation) };
    carried_through(connection, &mut flow, progress, &origin)
}

impl Waiting {
    /// So long; what is asked for on the command line of an order is not asked for here.
    pub(crate) fn so_long(timeout: Duration) -> Self {
        Self { timeout, install: Install::default(), foreign: Foreign::Spool, spool: None }
    }

    /// Whether messages of others can be kept, before there is an order that would wait behind them.
    pub(crate) fn check_spool(&self) -> Result<(), Failure> {
        let Some(folder) = &self.spool else { return Ok(()) };
        Spool::at(folder)?;
        tempfile::tempfile_in(folder)
            .map(drop)
            .map_err(|why| Failure::usage(format!("--spool {}: cannot be written: {why}", folder.display())))
    }
}
