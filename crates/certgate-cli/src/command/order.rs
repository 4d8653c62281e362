//! What the orders of a certificate have in common: `create`, `reissue`, `renew`.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};

use certgate_client::{Client, drive, rehearse};
use certgate_domain::{
    AnyTask, TaskKind, task,
    words::{AuthMethod, ServerSoftware},
};
use certgate_flow::{ForeignMessages, Order, Purpose, Wanted, Workflow};
use certgate_wire::Finding;
use certgate_x509::CertificateRequest;
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::{
    arguments::Global,
    connection::Connection,
    document,
    failure::Failure,
    progress::{Progress, strict},
    report::{Report, failed},
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
    #[arg(long)]
    method: Option<Method>,
    /// Whether the gateway publishes the DNS record itself [default: the certificate's]
    #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set)]
    provisioning: Option<bool>,
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
    #[arg(long, default_value = "30m", value_parser = duration)]
    pub(crate) timeout: Duration,
    /// Where cert.pem, chain.pem and fullchain.pem go [default: they are only shown]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// What to do with messages of others in the account's queue
    #[arg(long, value_enum, default_value = "spool")]
    pub(crate) foreign: Foreign,
    /// Where messages of others are kept [default: certgate/spool in the platform's data folder]
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

/// A length of time: `90s`, `30m`, `2h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err("expected a number with s, m or h, such as 30m".to_owned()),
    };
    let number: u64 = digits.parse().map_err(|_| "expected a number with s, m or h, such as 30m".to_owned())?;
    Ok(Duration::from_secs(number.saturating_mul(unit)))
}

/// A CSR from a file, checked before anything is sent.
pub(crate) fn read_csr(path: &Path) -> Result<(String, CertificateRequest), Failure> {
    let unreadable = |why: std::io::Error| Failure::usage(format!("CSR {}: {why}", path.display()));
    let mut text = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().take(1 << 20).read_to_end(&mut text).map_err(unreadable)?;
    } else {
        fs::File::open(path).and_then(|file| file.take(1 << 20).read_to_end(&mut text)).map_err(unreadable)?;
    }
    let text = String::from_utf8(text).map_err(|_| {
        Failure::usage(format!("CSR {}: not text; expected PEM, -----BEGIN CERTIFICATE REQUEST-----", path.display()))
    })?;
    let request =
        CertificateRequest::from_pem(&text).map_err(|why| Failure::usage(format!("CSR {}: {why}", path.display())))?;
    Ok((text.trim().replace("\r\n", "\n"), request))
}

impl Ordering {
    /// Runs the order.
    pub(crate) fn run(self, global: &Global, purpose: Purpose, csr: Option<PathBuf>) -> Result<u8, Failure> {
        if global.password_stdin && csr.as_deref() == Some(Path::new("-")) {
            return Err(Failure::usage(
                "--password-stdin and --csr - both want standard input: give one of them as a file",
            ));
        }
        let read = csr.as_deref().map(read_csr).transpose()?;
        self.waiting.check()?;
        let mut connection = Connection::open(global, Some(self.waiting.timeout))?;
        let client = &mut connection.client;
        let mut flow = Order::new(self.wanted(purpose, read));
        let mut progress = Progress::new(global, client, Some(self.waiting.spool_folder()?));
        if self.dry_run {
            return rehearsed(global, client, &mut flow, &mut progress);
        }
        let ended = drive(client, &mut flow, &mut progress);
        progress.finish();
        let report = Report {
            global,
            task: kind(purpose),
            certificate: id(purpose),
            request: flow.request(),
            ctid: client.options().ctid.as_deref(),
            job: flow.job(),
            name: flow.name(),
            csr,
            waiting: &self.waiting,
            progress: &progress,
        };
        match ended {
            Ok(ending) => report.end(ending),
            Err(error) => {
                let failure = Failure::from(error);
                Err(if flow.outlasts_silence() || flow.is_ordered() { report.left_behind(failure) } else { failure })
            }
        }
    }

    fn wanted(&self, purpose: Purpose, csr: Option<(String, CertificateRequest)>) -> Wanted {
        Wanted {
            purpose,
            csr,
            product: self.product.clone(),
            name: self.name.clone(),
            admin: self.admin,
            technical: self.technical,
            software: self.software.as_deref().map(ServerSoftware::from),
            lifetime: self.lifetime,
            method: self.method.map(|method| match method {
                Method::Dns => AuthMethod::Dns,
                Method::File => AuthMethod::File,
                Method::Email => AuthMethod::Email,
            }),
            provisioning: self.provisioning,
            foreign: self.waiting.foreign.into(),
            deadline: self.waiting.timeout,
            wait: !self.no_wait,
        }
    }
}

/// The task of an order.
fn kind(purpose: Purpose) -> TaskKind {
    match purpose {
        Purpose::Create => TaskKind::CertificateCreate,
        Purpose::Reissue(_) => TaskKind::CertificateReissue,
        Purpose::Renew(_) => TaskKind::CertificateRenew,
    }
}

fn id(purpose: Purpose) -> Option<i64> {
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
    progress: &mut Progress<'_>,
) -> Result<u8, Failure> {
    let rehearsed = rehearse(client, flow, progress);
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

impl Waiting {
    /// What can be known to go wrong before anything is ordered.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let Some(folder) = &self.out else { return Ok(()) };
        fs::create_dir_all(folder)
            .and_then(|()| tempfile::tempfile_in(folder).map(drop))
            .map_err(|why| Failure::usage(format!("--out {}: cannot be written: {why}", folder.display())))
    }

    pub(crate) fn spool_folder(&self) -> Result<PathBuf, Failure> {
        use etcetera::BaseStrategy;
        if let Some(folder) = &self.spool {
            return Ok(folder.clone());
        }
        let strategy = etcetera::choose_base_strategy().map_err(|why| {
            Failure::usage(format!("no data folder for messages of others ({why}): give --spool DIR"))
        })?;
        Ok(strategy.data_dir().join("certgate").join("spool"))
    }
}
