//! How a workflow ends: what is known, checked, written, left behind.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use certgate::{
    Error, Installation, Kind, Refusal,
    installation::{Deployment, NarrowedMode},
};
use certgate_domain::{Certificate, TaskKind};
use certgate_flow::{Ending, Pending};
use certgate_store::State;
use certgate_wire::Finding;
use certgate_x509::{CertificateRequest, Check, is_same_serial};
use serde_json::{Value, json};

use crate::{
    args::Global,
    exit::Failure,
    progress::strict,
    ui::advice,
    ui::document,
    ui::streams::{printable, say},
};

/// How a workflow ended before or without its order.
pub(crate) fn failed(task: TaskKind, ending: Ending) -> Failure {
    match ending {
        Ending::Refused(answer) => {
            let auth = answer.blames_credentials();
            let refusal = Refusal { task, answer, auth };
            Failure::from(Error::Refused(Box::new(refusal)))
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

/// What a command that went well shows.
pub(crate) struct Shown {
    pub(crate) document: Value,
    /// The same for people.
    pub(crate) lines: Vec<String>,
    /// What is to be known besides: nothing was to be done, the hook failed.
    pub(crate) kind: Option<Kind>,
    /// Findings that were borne because an order was out end the command after its output.
    pub(crate) findings: Vec<Finding>,
}

impl Shown {
    /// What came of a hook that was repeated.
    pub(crate) fn of_hook(folder: &Path, deployment: &Deployment) -> Self {
        let mut shown = Self {
            document: json!({ "schema": 1, "deployment": deployment }),
            lines: vec![format!("{}: the deploy hook was repeated", printable(&folder.display().to_string()))],
            kind: None,
            findings: Vec::new(),
        };
        if let Deployment::Failed { detail } = deployment {
            say(&format!("certgate: {}: {detail}", folder.display()));
            shown.lines = vec![format!("PROBLEM deploy-hook: {}", printable(detail))];
            shown.kind = Some(Kind::NotDeployed);
        }
        shown
    }

    /// Prints it; gives the exit code.
    pub(crate) fn print(self, global: &Global) -> Result<u8, Failure> {
        if global.json() {
            document::print(&self.document);
        } else {
            self.lines.iter().for_each(|line| document::line(line));
        }
        strict(global, &self.findings)?;
        Ok(self.kind.map_or(0, Kind::exit_code))
    }
}

/// What is known at the end of a run.
pub(crate) struct Report<'a> {
    /// The order's task.
    pub(crate) task: TaskKind,
    /// The certificate's id; a new one has none yet.
    pub(crate) certificate: Option<i64>,
    /// The CSR's facts; a deletion has none.
    pub(crate) request: Option<&'a CertificateRequest>,
    pub(crate) job: Option<i64>,
    pub(crate) name: Option<&'a str>,
    pub(crate) csr: Option<PathBuf>,
    /// Where the files go.
    pub(crate) installation: Option<&'a Installation>,
    /// The serial number of the certificate before the order.
    pub(crate) before: Option<&'a str>,
    /// The order's own id.
    pub(crate) id: &'a str,
    /// Whether the store has it.
    pub(crate) stored: bool,
    pub(crate) timeout: Duration,
    pub(crate) findings: &'a [Finding],
    /// Whether a demo certificate would be a mistake, and whether one was asked for.
    pub(crate) live: bool,
    pub(crate) demo: bool,
    /// The time that certificates are checked by, in seconds since 1970.
    pub(crate) now: i64,
}

impl<'a> Report<'a> {
    /// Of an order of the store, of which no more is known than this.
    pub(crate) fn new(
        global: &Global,
        task: TaskKind,
        id: &'a str,
        installation: Option<&'a Installation>,
        timeout: Duration,
    ) -> Self {
        Self {
            task,
            certificate: None,
            request: None,
            job: None,
            name: None,
            csr: None,
            installation,
            before: None,
            id,
            stored: true,
            timeout,
            findings: &[],
            live: global.is_live(),
            demo: global.is_demo(),
            now: global.now(),
        }
    }

    /// What a workflow came to, and where its order stands then, where that is to be noted; `is_ordered` where giving up leaves
    /// something behind.
    pub(crate) fn close(
        &self,
        ended: Result<Ending, Error>,
        is_ordered: bool,
    ) -> (Result<Shown, Failure>, Option<(State, String)>) {
        let ending = match ended {
            Ok(ending) => ending,
            Err(error) if is_ordered || error.leaves_outcome_open() => {
                return (Err(self.left_behind(error.into())), None);
            }
            Err(error) => return (Err(error.into()), None),
        };
        let state = match ending {
            Ending::Issued(_) | Ending::Deleted => Some(State::Done),
            Ending::Failed(_) => Some(State::Failed),
            _ => None,
        };
        let shown = self.end(ending);
        let stands = state.map(|state| match (state, &shown) {
            (state, Ok(_)) => (state, "checked".to_owned()),
            // It is issued and paid for: what failed a check or could not be written is looked at again, not ordered again.
            (State::Done, Err(failure)) => (State::Issued, failure.text().to_owned()),
            (state, Err(failure)) => (state, failure.to_string()),
        });
        (shown, stands)
    }

    fn end(&self, ending: Ending) -> Result<Shown, Failure> {
        match ending {
            Ending::Issued(certificate) => self.issued(&certificate),
            Ending::Deleted => self.deleted(),
            Ending::Pending(pending) => Err(self.pending(pending)),
            Ending::Failed(_) => {
                let failure = failed(self.task, ending);
                let mut document = self.document("failed", Some("FAILED"));
                Err(self.with_members(failure, &mut document))
            }
            other => Err(failed(self.task, other)),
        }
    }

    fn document(&self, state: &str, job_status: Option<&str>) -> Value {
        let mut document = json!({ "schema": 1, "order": { "state": state } });
        document["order"]["id"] = json!(self.id);
        document["order"]["ctid"] = json!(self.id);
        if let Some(job) = self.job {
            document["job"] = json!({ "id": job });
            if let Some(status) = job_status {
                document["job"]["status"] = json!(status);
            }
        }
        document
    }

    fn with_members(&self, mut failure: Failure, document: &mut Value) -> Failure {
        for name in ["order", "job", "certificate", "files", "checks", "deployment", "findings", "resume"] {
            if let Some(value) = document.get_mut(name) {
                failure = failure.with(name, value.take());
            }
        }
        failure
    }

    fn resume_command(&self) -> String {
        if self.stored {
            return format!("certgate resume {}", shell_word(self.id));
        }
        let mut command = "certgate resume".to_owned();
        if let Some(job) = self.job {
            command += &format!(" {job}");
        }
        if let Some(certificate) = self.certificate {
            command += &format!(" --certificate {certificate}");
        } else if let Some(name) = self.name {
            command += &format!(" --name {}", shell_word(name));
        }
        if let Some(csr) = &self.csr {
            command += &format!(" --csr {}", shell_word(&csr.display().to_string()));
        }
        if let Some(there) = self.installation {
            command += &format!(" --out {}", shell_word(&there.folder().display().to_string()));
        }
        command
    }

    fn pending(&self, pending: Pending) -> Failure {
        let why = match pending {
            Pending::NoWait => "the order is accepted".to_owned(),
            Pending::Deadline => format!("the order is not finished after {} s", self.timeout.as_secs()),
            Pending::ForeignFirst { message } => {
                let id = message.map_or("without an id".to_owned(), |id| id.to_string());
                format!("message {id} of somebody else's is first in the queue, and --foreign stop leaves it there")
            }
        };
        self.left_behind(Failure::new(Kind::Pending, why))
    }

    /// A failure after the order was accepted: says what is left behind and how to carry on. What could not be written here
    /// is pending, not bad usage.
    fn left_behind(&self, failure: Failure) -> Failure {
        let failure = if failure.kind() == Kind::Usage { failure.of_kind(Kind::Pending) } else { failure };
        let unknown = failure.leaves_outcome_open();
        let mut document = self.document(if unknown { "unknown" } else { "pending" }, None);
        if unknown {
            return self.with_members(failure, &mut document);
        }
        let command = self.resume_command();
        document["resume"] = json!(command);
        let job = self.job.map_or("a job without an id".to_owned(), |job| format!("job {job}"));
        self.with_members(failure.and(&format!("{job}: carry on with: {command}")), &mut document)
    }

    /// A certificate that failed a check: its order is not finished, so that nothing orders it again by itself.
    fn issued_only(&self, failure: Failure, document: &mut Value) -> Failure {
        document["order"]["state"] = json!("pending");
        let command = self.resume_command();
        let look = format!("once that is mended, look again: {command}");
        document["resume"] = json!(command);
        if !self.stored {
            return failure.and(&look);
        }
        failure.and(&format!("{look}; or give the certificate up: certgate orders abandon {}", shell_word(self.id)))
    }

    fn deleted(&self) -> Result<Shown, Failure> {
        let mut document = self.document("done", Some("SUCCESS"));
        document["findings"] = document::findings(self.findings);
        let lines = vec![format!("deleted: {}", printable(self.name.unwrap_or("the certificate")))];
        Ok(Shown { document, lines, kind: None, findings: self.findings.to_vec() })
    }

    fn issued(&self, certificate: &Certificate) -> Result<Shown, Failure> {
        let Some(request) = self.request else {
            return Err(Failure::new(Kind::Internal, "a certificate came where no CSR was given"));
        };
        let authorities: Vec<String> = certificate
            .certification_authority
            .iter()
            .filter_map(|authority| authority.ca_certificate.clone())
            .collect();
        let pem = certificate.server.as_deref().unwrap_or_default();
        let name = self.name.or(certificate.name.as_deref());
        let (mut checks, issued) = certgate_x509::check(request, name, pem, &authorities, self.now);
        if let (Some(before), Some(issued)) = (self.before, &issued) {
            let ok = !is_same_serial(&issued.certificate.serial, before);
            let detail = if ok {
                format!("not {before}, the one before")
            } else {
                "it is the certificate from before the order".to_owned()
            };
            checks.push(Check::of("serial", ok, detail));
        }
        if self.live {
            let product = certificate.product.as_deref().unwrap_or_default();
            let ok = !self.demo && !product.to_ascii_uppercase().starts_with("DEMO");
            let detail =
                if ok { "no demo certificate" } else { "a demo certificate, and the profile is not the demo system's" };
            checks.push(Check::of("live", ok, detail));
        }
        let mut document = self.document("done", Some("SUCCESS"));
        document["certificate"] = document::certificate(certificate);
        document::say_unchecked(&checks);
        document["checks"] = document::checks(&checks);
        document["findings"] = document::findings(self.findings);
        if let Some(failing) = checks.iter().find(|check| !check.ok) {
            let failure = Failure::new(
                Kind::CheckFailed,
                format!("check {} failed: {}; nothing was written", failing.name, failing.detail),
            );
            return Err(self.with_members(self.issued_only(failure, &mut document), &mut document));
        }
        let mut unchanged = false;
        let mut deployment = Deployment::None;
        if let Some(issued) = &issued {
            let name = name.or(request.common_name.as_deref()).unwrap_or_default();
            let id = certificate.id.or(self.certificate);
            if let Some(there) = self.installation {
                let put = there.install(issued, name, id);
                let put = put.map_err(|error| self.left_behind(advice::not_installed(error)))?;
                unchanged = put.is_unchanged;
                document["files"] = document::files(&put.files);
                for narrowed in put.narrowed {
                    let NarrowedMode { path, before, mode } = narrowed;
                    say(&format!(
                        "certgate: warning: {} was readable by others (mode {before:o}): the new one is not (mode {mode:o})",
                        path.display()
                    ));
                }
                deployment = put.deployment;
            }
        }
        document["deployment"] = json!(deployment);
        let mut lines: Vec<String> =
            checks.iter().map(|check| format!("ok {}: {}", check.name, check.detail)).collect();
        match document.get("files").and_then(Value::as_object) {
            Some(files) => lines.extend(files.values().filter_map(Value::as_str).map(str::to_owned)),
            None => lines.push(pem.trim_end().to_owned()),
        }
        // The certificate is where it belongs, whatever became of the hook: the order is done.
        if let Deployment::Failed { detail } = &deployment {
            say(&format!("certgate: {detail}"));
            lines.push(format!("PROBLEM deploy-hook: {}", printable(detail)));
        }
        let kind = match (&deployment, unchanged) {
            (Deployment::Failed { .. }, _) => Some(Kind::NotDeployed),
            (_, true) => Some(Kind::Unchanged),
            (_, false) => None,
        };
        Ok(Shown { document, lines, kind, findings: self.findings.to_vec() })
    }
}

pub(crate) fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
