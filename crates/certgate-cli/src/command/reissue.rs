//! `certgate reissue`.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use certgate_client::{Kind, Refusal, drive, rehearse, written_files};
use certgate_domain::{
    AnyTask, Certificate, TaskKind, task,
    words::{AuthMethod, ServerSoftware},
};
use certgate_flow::{Ending, ForeignMessages, Pending, Wanted, Workflow};
use certgate_x509::CertificateRequest;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::{
    arguments::Global,
    connection::Connection,
    document,
    failure::Failure,
    progress::{Progress, strict},
};

/// Reissue a certificate with a new CSR: check, order, wait, confirm, fetch, verify, write
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate reissue 571 --csr example.com.csr --out certificates/example.com
  certgate reissue 571 --csr example.com.csr --dry-run --transport xml
  certgate reissue 571 --csr example.com.csr --sandbox --output json")]
pub(crate) struct Reissue {
    /// The certificate's id
    id: i64,
    /// The CSR, PEM; - for standard input
    #[arg(long, value_name = "FILE")]
    csr: PathBuf,
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

fn duration(text: &str) -> Result<Duration, String> {
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

impl Reissue {
    pub(crate) fn run(self, global: &Global) -> Result<u8, Failure> {
        if global.password_stdin && self.csr == Path::new("-") {
            return Err(Failure::usage(
                "--password-stdin and --csr - both want standard input: give one of them as a file",
            ));
        }
        let (csr, request) = read_csr(&self.csr)?;
        self.waiting.check()?;
        let mut connection = Connection::open(global, Some(self.waiting.timeout))?;
        let client = &mut connection.client;
        let wanted = Wanted {
            id: self.id,
            csr,
            request: request.clone(),
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
        };
        let mut flow = certgate_flow::Reissue::new(wanted);
        let mut progress = Progress::new(global, client, Some(self.waiting.spool_folder()?));
        if self.dry_run {
            return self.rehearse(global, client, &mut flow, &mut progress);
        }
        let ended = drive(client, &mut flow, &mut progress);
        progress.finish();
        let report = Report {
            global,
            certificate: self.id,
            request: &request,
            ctid: client.options().ctid.as_deref(),
            job: flow.job(),
            name: flow.name(),
            csr: &self.csr,
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

    fn rehearse(
        &self,
        global: &Global,
        client: &mut certgate_client::Client,
        flow: &mut certgate_flow::Reissue,
        progress: &mut Progress<'_>,
    ) -> Result<u8, Failure> {
        let rehearsed = rehearse(client, flow, progress);
        progress.finish();
        let (mut tasks, ending) = rehearsed?;
        if let Some(ending) = ending {
            return Err(failed(ending));
        }
        tasks.extend([
            AnyTask::from(task::PollInfo),
            AnyTask::from(task::PollConfirm::default()),
            AnyTask::from(task::CertificateInfo::new(self.id)),
        ]);
        let mut requests = Vec::new();
        for task in &tasks {
            let (_, text) = client.shown(task);
            if !global.json() {
                document::line(&format!("# {} ({})\n{text}", task.kind().name(), task.kind().code()));
            }
            requests.push(json!({ "task": task.kind().name(), "request": text }));
        }
        if global.json() {
            document::print(
                &json!({ "schema": 1, "requests": requests, "findings": document::findings(&progress.findings) }),
            );
        }
        strict(global, &progress.findings)?;
        Ok(0)
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

/// How a workflow ended before or without its order.
pub(crate) fn failed(ending: Ending) -> Failure {
    match ending {
        Ending::Refused(answer) => {
            let auth = answer.blames_credentials();
            let refusal = Refusal { task: TaskKind::CertificateReissue, answer, auth };
            Failure::from(certgate_client::Error::Refused(Box::new(refusal)))
        }
        Ending::Unfit(why) => Failure::usage(why),
        Ending::Nonsense(why) => Failure::new(Kind::Undecodable, why),
        Ending::Failed(message) => {
            let messages = message.map(|message| message.messages).unwrap_or_default();
            let mut text = "the gateway ended the job without a certificate".to_owned();
            for message in messages.iter().flat_map(certgate_domain::Message::walk) {
                let part = |text: &Option<String>| text.clone().unwrap_or_default();
                text += &format!("\n  {} {}", part(&message.code), part(&message.text));
            }
            let failure = Failure::new(Kind::Refused, text);
            if messages.is_empty() {
                failure
            } else {
                failure.with("messages", certgate_json::document::messages(&messages))
            }
        }
        other => Failure::new(Kind::Internal, format!("an ending without a meaning here: {other:?}")),
    }
}

/// What is known at the end of a run.
pub(crate) struct Report<'a> {
    pub(crate) global: &'a Global,
    pub(crate) certificate: i64,
    pub(crate) request: &'a CertificateRequest,
    pub(crate) ctid: Option<&'a str>,
    pub(crate) job: Option<i64>,
    pub(crate) name: Option<&'a str>,
    pub(crate) csr: &'a Path,
    pub(crate) waiting: &'a Waiting,
    pub(crate) progress: &'a Progress<'a>,
}

impl Report<'_> {
    pub(crate) fn end(&self, ending: Ending) -> Result<u8, Failure> {
        match ending {
            Ending::Issued(certificate) => self.issued(&certificate),
            Ending::Pending(pending) => Err(self.pending(pending)),
            Ending::Failed(_) => {
                let failure = failed(ending);
                let mut document = self.document("failed", Some("FAILED"));
                Err(self.with_members(failure, &mut document))
            }
            other => Err(failed(other)),
        }
    }

    fn document(&self, state: &str, job_status: Option<&str>) -> Value {
        let mut document = json!({ "schema": 1, "order": { "state": state } });
        if let Some(ctid) = self.ctid {
            document["order"]["id"] = json!(ctid);
            document["order"]["ctid"] = json!(ctid);
        }
        if let Some(job) = self.job {
            document["job"] = json!({ "id": job });
            if let Some(status) = job_status {
                document["job"]["status"] = json!(status);
            }
        }
        document
    }

    fn with_members(&self, mut failure: Failure, document: &mut Value) -> Failure {
        for name in ["order", "job", "certificate", "files", "checks", "findings", "resume"] {
            if let Some(value) = document.get_mut(name) {
                failure = failure.with(name, value.take());
            }
        }
        failure
    }

    fn resume_command(&self) -> String {
        let mut command = match self.job {
            Some(job) => format!("certgate resume {job} --certificate {}", self.certificate),
            None => format!("certgate resume --certificate {}", self.certificate),
        };
        command += &format!(" --csr {}", shell_word(&self.csr.display().to_string()));
        if let Some(out) = &self.waiting.out {
            command += &format!(" --out {}", shell_word(&out.display().to_string()));
        }
        command
    }

    fn pending(&self, pending: Pending) -> Failure {
        let why = match pending {
            Pending::NoWait => "the order is accepted".to_owned(),
            Pending::Deadline => format!("the order is not finished after {} s", self.waiting.timeout.as_secs()),
            Pending::ForeignFirst { message } => {
                let id = message.map_or("without an id".to_owned(), |id| id.to_string());
                format!("message {id} of somebody else's is first in the queue, and --foreign stop leaves it there")
            }
        };
        self.left_behind(Failure::new(Kind::Pending, why))
    }

    /// A failure after the order was accepted: says what is left behind and how to carry on. What could not be written here
    /// is pending, not bad usage.
    pub(crate) fn left_behind(&self, failure: Failure) -> Failure {
        let failure = if failure.kind() == Kind::Usage { failure.of_kind(Kind::Pending) } else { failure };
        let unknown = failure.kind() == Kind::Unknown;
        let mut document = self.document(if unknown { "unknown" } else { "pending" }, None);
        if unknown {
            return self.with_members(failure, &mut document);
        }
        let command = self.resume_command();
        document["resume"] = json!(command);
        let job = self.job.map_or("a job without an id".to_owned(), |job| format!("job {job}"));
        self.with_members(failure.and(&format!("{job}: carry on with: {command}")), &mut document)
    }

    fn issued(&self, certificate: &Certificate) -> Result<u8, Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
        let authorities: Vec<String> = certificate
            .certification_authority
            .iter()
            .filter_map(|authority| authority.ca_certificate.clone())
            .collect();
        let pem = certificate.server.as_deref().unwrap_or_default();
        let name = self.name.or(certificate.name.as_deref());
        let (checks, issued) = certgate_x509::check(self.request, name, pem, &authorities, now.cast_signed());
        let mut document = self.document("done", Some("SUCCESS"));
        document["certificate"] = certgate_json::document::certificate(certificate);
        document["checks"] =
            checks.iter().map(|check| json!({ "name": check.name, "ok": check.ok, "detail": check.detail })).collect();
        document["findings"] = document::findings(&self.progress.findings);
        if let Some(failing) = checks.iter().find(|check| !check.ok) {
            let failure = Failure::new(
                Kind::CheckFailed,
                format!("check {} failed: {}; nothing was written", failing.name, failing.detail),
            );
            return Err(self.with_members(failure, &mut document));
        }
        let mut unchanged = false;
        if let (Some(folder), Some(issued)) = (&self.waiting.out, &issued) {
            let files = written_files(folder, issued).map_err(|error| self.left_behind(error.into()))?;
            unchanged = files.unchanged;
            document["files"] = json!({ "cert": files.cert, "chain": files.chain, "fullchain": files.fullchain });
        }
        if self.global.json() {
            document::print(&document);
        } else {
            for check in &checks {
                document::line(&format!("ok {}: {}", check.name, check.detail));
            }
            match document.get("files").and_then(Value::as_object) {
                Some(files) => files.values().filter_map(Value::as_str).for_each(document::line),
                None => document::line(pem.trim_end()),
            }
        }
        strict(self.global, &self.progress.findings)?;
        Ok(if unchanged { Kind::Unchanged.exit_code() } else { 0 })
    }
}

fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
