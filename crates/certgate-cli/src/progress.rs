//! What a workflow tells while it runs.

use std::{io::IsTerminal, path::PathBuf, time::Duration};

use certgate::{
    Carry, Client, Error, Installation, Kind, Ledger, Spool, Watcher,
    validation::{PropagationEvent, Steps, Validation, ZoneRecord},
};
use certgate_domain::{AnyData, AnyTask, CertAuthentication, PollMessage, Response, TaskKind, words::AuthMethod};
use certgate_store::{State, ValidationStep};
use certgate_wire::Finding;
use certgate_x509::CertificateRequest;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    args::Global,
    connection::watch_for_interrupt,
    exit::{Failure, keep},
    report::Report,
    ui::advice::{clean_up, not_published},
    ui::streams,
    ui::streams::printable,
};

/// Tells on stderr: a line that changes on a terminal, plain lines otherwise. Keeps findings, and others' messages.
pub(crate) struct Progress<'a> {
    global: &'a Global,
    transport: &'static str,
    spool: Option<PathBuf>,
    bar: Option<ProgressBar>,
    ordered: bool,
    /// Where orders and messages are written down; none where nothing is ordered.
    pub(crate) ledger: Option<Ledger>,
    /// The order's own id, what it is carried on with, and its certificate's name.
    id: String,
    carry: Carry,
    name: Option<String>,
    /// How control over the name is shown, where it is not only said.
    validation: Option<Validation>,
    /// The order's own request.
    request: Option<CertificateRequest>,
    /// The findings of every answer.
    pub(crate) findings: Vec<Finding>,
    /// The trouble that was said last.
    trouble: String,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(global: &'a Global, client: &Client, spool: Option<PathBuf>) -> Self {
        let bar = (std::io::stderr().is_terminal() && !global.quiet).then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        let id = client.options().ctid.clone().unwrap_or_default();
        Self {
            global,
            transport: client.protocol().name(),
            spool,
            bar,
            ordered: false,
            ledger: None,
            id,
            carry: Carry::default(),
            name: None,
            validation: None,
            request: None,
            findings: Vec::new(),
            trouble: String::new(),
        }
    }

    /// Writing down what is ordered, with what it needs to be carried on with.
    pub(crate) fn writing(mut self, ledger: Ledger, carry: Carry) -> Self {
        self.ledger = Some(ledger);
        self.carry = carry;
        self
    }

    /// Showing control over the names of this request so; none where the gateway alone has one.
    pub(crate) fn validating(mut self, validation: &Validation, request: Option<&CertificateRequest>) -> Self {
        self.validation = Some(validation.clone());
        self.request = request.cloned();
        self
    }

    /// Undoes what was published for the validation.
    pub(crate) fn clean_up(&mut self) {
        let Self { global, bar, ledger, id, .. } = self;
        let Some(ledger) = ledger else { return };
        let say = |text: &str| say(global, bar.as_ref(), text);
        if let Err(error) = clean_up(&mut **ledger.store(), id, &say) {
            say(&format!("certgate: warning: {error}"));
        }
    }

    /// For that order, which left in an earlier run.
    pub(crate) fn of(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        self
    }

    /// What is known of the order here, to end with.
    pub(crate) fn report<'r>(
        &'r self,
        task: TaskKind,
        installation: Option<&'r Installation>,
        timeout: Duration,
    ) -> Report<'r> {
        Report {
            before: self.carry.resume.serial_before.as_deref(),
            stored: self.ledger.is_some(),
            findings: &self.findings,
            ..Report::new(self.global, task, &self.id, installation, timeout)
        }
    }

    /// Writes down where the order stands. What cannot be written down is looked for by the next run.
    pub(crate) fn note(&mut self, state: State, detail: &str) {
        let Some(ledger) = &mut self.ledger else { return };
        if let Err(error) = ledger.note(&self.id, state, detail) {
            self.say(&format!("certgate: warning: {error}"));
        }
    }

    /// For a wait whose order left in an earlier run.
    pub(crate) fn ordered(mut self) -> Self {
        self.ordered = true;
        self
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Says a line that stays.
    pub(crate) fn say(&self, text: &str) {
        say(self.global, self.bar.as_ref(), text);
    }

    /// Says what goes on: on a terminal in the line that changes.
    fn show(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(printable(text)),
            None => self.say(text),
        }
    }
}

fn say(global: &Global, bar: Option<&ProgressBar>, text: &str) {
    if global.quiet {
        return;
    }
    match bar {
        Some(bar) => bar.suspend(|| streams::say(text)),
        None => streams::say(text),
    }
}

impl Watcher for Progress<'_> {
    fn sending(&mut self, task: TaskKind) {
        let doing = match task {
            TaskKind::CertificateInfo => "asking for the certificate",
            TaskKind::CertificatePrepareOrder => "checking the CSR",
            TaskKind::CertificateCreate | TaskKind::CertificateReissue | TaskKind::CertificateRenew => "ordering",
            TaskKind::CertificateDelete => "deleting",
            TaskKind::CertificateList => "looking for the certificate",
            TaskKind::PollInfo => "looking into the queue",
            TaskKind::PollConfirm => "confirming",
            TaskKind::JobInfo => "asking for the job",
            _ => "asking",
        };
        self.ordered |= !task.is_safe_to_repeat();
        if self.bar.is_some() || self.global.verbose || !matches!(task, TaskKind::PollInfo | TaskKind::JobInfo) {
            self.show(&format!("{doing} ({} {})", task.name(), task.code()));
        }
    }

    fn intending(&mut self, task: &AnyTask) -> Result<(), Error> {
        match &mut self.ledger {
            Some(ledger) => ledger.intend(&self.id, task, self.name.as_deref(), &self.carry),
            None => Ok(()),
        }
    }

    fn settled(&mut self, task: TaskKind, outcome: Result<&Response<AnyData>, &Error>) {
        let Some(ledger) = &mut self.ledger else { return };
        if let Err(error) = ledger.settle(&self.id, task, outcome) {
            self.say(&format!("certgate: warning: {error}"));
        }
    }

    fn answered(&mut self, answer: &Response<AnyData>) {
        if self.ordered {
            return;
        }
        for data in &answer.data {
            if let AnyData::Certificate(certificate) = data
                && let Some(serial) = &certificate.serial_number
            {
                // By it an answer that got lost is told from the certificate as it was.
                self.carry.resume.serial_before = Some(serial.clone());
                self.name.clone_from(&certificate.name);
            }
        }
    }

    fn confirmed(&mut self, message: i64) {
        let Some(ledger) = &mut self.ledger else { return };
        if let Err(error) = ledger.confirmed(message) {
            self.say(&format!("certgate: warning: {error}"));
        }
    }

    fn findings(&mut self, task: TaskKind, findings: &[Finding]) -> Result<(), Error> {
        for finding in findings {
            self.say(&format!("certgate: warning: {}: {finding}", task.name()));
        }
        self.findings.extend_from_slice(findings);
        match findings.first() {
            // Once an order is out, stopping would only lose it: the end of the run says so.
            Some(finding) if self.global.strict && !self.ordered => {
                Err(Error::Strict { task, finding: finding.clone() })
            }
            _ => Ok(()),
        }
    }

    fn publish(&mut self, authentication: &CertAuthentication, order: &AnyTask) -> Result<(), Error> {
        // Before anything is shown, for a person may follow it too.
        let challenges = match &self.validation {
            Some(validation) => validation.challenges(authentication, self.request.as_ref()).map_err(not_published)?,
            None => Vec::new(),
        };
        let provisioned = authentication.provisioning.as_ref().and_then(|said| said.value()) == Some(&true);
        match (&authentication.method, &authentication.dns) {
            (Some(AuthMethod::Dns), Some(line)) => {
                let who = if provisioned { "the gateway publishes" } else { "publish now" };
                self.say(&format!("validation by DNS, {who}: {}", line.trim()));
                for record in ZoneRecord::parse(line).unwrap_or_default().iter().filter(|_| !provisioned) {
                    self.say(&format!("  name {}  type {}  value {}", record.name, record.kind(), record.value()));
                }
            }
            (Some(AuthMethod::File), _) => {
                let (name, content) = (&authentication.file_name, &authentication.file_content);
                self.say(&format!(
                    "validation by file, publish now: {} with the content {}",
                    name.as_deref().unwrap_or("(the gateway named no file)"),
                    content.as_deref().unwrap_or("(the gateway gave none)")
                ));
            }
            (Some(AuthMethod::Email), _) => {
                self.say(&format!("validation by mail to {}", authentication.approver_emails.join(", ")));
            }
            _ => {}
        }
        let Self { global, bar, ledger, id, name, carry, validation: Some(validation), .. } = self else {
            return Ok(());
        };
        let mut is_known = false;
        let mut keep = |steps: &[ValidationStep]| {
            let Some(ledger) = &mut *ledger else { return Ok(()) };
            if !std::mem::replace(&mut is_known, true) {
                // Another order of the same stands in the way before anything is published.
                ledger.validate(id, order, name.as_deref(), carry)?;
            }
            Ok(ledger.store().record_validation_steps(id, steps)?)
        };
        let mut observe = |event: &PropagationEvent| {
            let text = match event {
                PropagationEvent::Seen { servers } => format!("the record is seen at {}", servers.join(", ")),
                PropagationEvent::Missing { servers } => {
                    format!("the record is not seen yet at {}", servers.join("; "))
                }
                _ => return,
            };
            say(global, bar.as_ref(), &text);
        };
        let mut steps = Steps::stored_by(&mut keep);
        Ok(validation.publish(&challenges, &mut steps, &watch_for_interrupt(), &mut observe)?)
    }

    fn store(&mut self, message: &PollMessage, body: &[u8]) -> Result<(), Error> {
        let kept = match &mut self.ledger {
            Some(ledger) => ledger.keep(self.transport, message, body)?,
            None => return Err(Error::Settings("no store for messages of others".to_owned())),
        };
        if kept.order.is_some() {
            return Ok(());
        }
        if message.id.is_none() {
            if !kept.known {
                self.say(&format!(
                    "certgate: warning: a message of somebody else's without an id cannot be confirmed and stays first in the queue; it is kept in the store as {}",
                    kept.stable_id
                ));
            }
            return Ok(());
        }
        let place = match (&self.spool, &mut self.ledger) {
            (Some(folder), Some(ledger)) => {
                let path = Spool::at(folder)?.store(self.transport, message, body)?;
                ledger.take(&kept.stable_id)?;
                path.display().to_string()
            }
            _ => format!("the store as {}", kept.stable_id),
        };
        self.say(&format!("a message of somebody else's is kept in {place}"));
        Ok(())
    }

    fn waiting(&mut self, now: Duration, until: Duration) {
        let next = until.saturating_sub(now).as_secs();
        self.show(&format!("not finished after {} s; next look in {next} s", now.as_secs()));
    }

    fn trouble(&mut self, error: &Error) {
        let trouble = error.to_string();
        if trouble == self.trouble {
            return;
        }
        self.say(&format!("certgate: warning: {trouble}; the wait goes on"));
        if let Error::Undecodable { body, .. } = error
            && !body.is_empty()
        {
            self.say(&keep(body));
        }
        self.trouble = trouble;
    }
}

/// Findings that were borne because an order was out end the command after its output.
pub(crate) fn strict(global: &Global, findings: &[Finding]) -> Result<(), Failure> {
    match findings.first() {
        Some(first) if global.strict => Err(Failure::new(Kind::CheckFailed, format!("{first} (--strict)")).said()),
        _ => Ok(()),
    }
}
