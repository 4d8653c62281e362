//! How an order ended, as it is shown: one document and one row for every command.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use certgate::{
    Error, Issuance, OrderReport, OrderState, Outcome, PendingReason,
    installation::{Deployment, Installed, ReadableKey},
};
use certgate_domain::Message;
use certgate_store::{NewOrder, Order, StoreError};
use certgate_wire::{Finding, one_line};
use certgate_x509::{Check, X509};
use serde_json::{Value, json};

use super::{
    advice::{self, Asking},
    command_line::{abandon, resume, shell_word},
    document,
};
use crate::{
    app::App,
    exit::{Exit, Failure, Kind},
    streams::{printable, say},
};

/// What is said of a folder whose set was put in place again.
pub(crate) const LED_NOWHERE: &str = "`current` was gone from the folder: servers found no certificate there until now";

/// What a command that went well shows.
#[derive(Debug)]
pub(crate) struct CommandOutput {
    pub(crate) document: Value,
    /// The same for people.
    pub(crate) lines: Vec<String>,
    /// What is to be known besides: nothing was to be done, the hook failed.
    pub(crate) kind: Option<Kind>,
}

impl CommandOutput {
    /// Prints it; gives the exit code. Findings that were borne because an order was out end the command after its output.
    pub(crate) fn print(mut self, app: &App, findings: &[Finding]) -> Result<Exit, Failure> {
        if app.json() {
            self.document["findings"] = document::findings(findings);
            app.stdout.print(&self.document);
        } else {
            self.lines.iter().for_each(|line| app.stdout.line(line));
        }
        strict(app, findings)?;
        Ok(self.kind.into())
    }

    /// What came of a deployment that was repeated.
    pub(crate) fn of_hook(folder: &Path, deployment: &Deployment) -> Self {
        let mut shown = Self {
            document: json!({ "schema": 1, "deployment": deployment }),
            lines: vec![format!("{}: deployed", printable(&folder.display().to_string()))],
            kind: None,
        };
        if let Deployment::Failed { detail } = deployment {
            say(&format!("certgate: {}: {detail}", folder.display()));
            shown.lines = vec![format!("PROBLEM deployment: {}", printable(detail))];
            shown.kind = Some(Kind::NotDeployed);
        }
        shown
    }

    /// A certificate with which nothing was to be done.
    pub(crate) fn nothing() -> Self {
        Self { document: json!({ "schema": 1 }), lines: Vec::new(), kind: Some(Kind::Unchanged) }
    }

    /// An order of which nothing is left to be done.
    pub(crate) fn over(order: &Order, kind: Option<Kind>) -> Self {
        let document = json!({ "schema": 1, "order": self::order(order) });
        Self { document, lines: vec![format!("{}  {}", order.order.id, order.state.as_str())], kind }
    }
}

/// Findings that were borne because an order was out end the command after its output.
pub(crate) fn strict(app: &App, findings: &[Finding]) -> Result<(), Failure> {
    match findings.first() {
        Some(first) if app.strict => Err(Failure::new(Kind::CheckFailed, format!("{first} (--strict)")).said()),
        _ => Ok(()),
    }
}

/// What a run's orders were asked for with, where what is said of them names it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// What the only order is about: `certificate 571`.
    pub(crate) subject: String,
    /// The gateway's job, where it is known.
    pub(crate) job: Option<i64>,
    pub(crate) timeout: Duration,
    /// The CSR's file.
    pub(crate) csr: Option<PathBuf>,
    /// The certificate's folder.
    pub(crate) out: Option<PathBuf>,
    /// The options of a command that comes to its account and store.
    pub(crate) options: String,
    /// Whether the settings of its certificates stand in a file.
    pub(crate) by_file: bool,
    /// Whether the order is not in the store: it is carried on with by what is known of it.
    pub(crate) elsewhere: bool,
    /// Whether a tape answers: the same run says the same, and tells no times of its own.
    pub(crate) is_replay: bool,
}

impl Asked {
    pub(crate) fn asking(&self) -> Asking<'_> {
        Asking { options: &self.options, by_file: self.by_file }
    }
}

/// An order of the store.
pub(crate) fn order(order: &Order) -> Value {
    let NewOrder { id, task, certificate, name, .. } = &order.order;
    let mut shown = json!({ "id": id, "state": order.state.as_str(), "action": action(task) });
    set(&mut shown, "certificate", json!(certificate));
    set(&mut shown, "name", json!(name));
    set(&mut shown, "job", job(order.job, order.state));
    set(&mut shown, "ctid", json!(id));
    set(&mut shown, "created", json!(document::time(order.created)));
    set(&mut shown, "updated", json!(document::time(order.updated)));
    shown
}

/// An order at the end of a run.
pub(crate) fn reported(report: &OrderReport, asked: &Asked) -> Value {
    if let Outcome::NotSent(Error::Unsent(StoreError::Unfinished(other))) = &report.outcome {
        return order(&other.order);
    }
    if let Some(record) = &report.record {
        let mut shown = order(record);
        if let (Some(members), true) = (shown.as_object_mut(), asked.is_replay) {
            members.retain(|name, _| name != "created" && name != "updated");
        }
        return shown;
    }
    let state = report.state();
    // What was not recorded has no id that anybody knows.
    let mut shown = json!({ "state": state.as_str(), "action": action(report.task.name()) });
    set(&mut shown, "certificate", json!(report.certificate));
    set(&mut shown, "name", json!(report.name));
    set(&mut shown, "job", job(report.job, state));
    shown
}

/// What a task does, as it is called in documents.
pub(crate) fn action(task: &str) -> &str {
    task.strip_prefix("certificate-").unwrap_or(task)
}

/// A job, with its status where the order's state tells it.
fn job(id: Option<i64>, state: OrderState) -> Value {
    let Some(id) = id else { return Value::Null };
    match state {
        OrderState::Done | OrderState::Issued => json!({ "id": id, "status": "SUCCESS" }),
        OrderState::Failed => json!({ "id": id, "status": "FAILED" }),
        _ => json!({ "id": id }),
    }
}

/// Sets what there is; absent is absent.
pub(crate) fn set(object: &mut Value, name: &str, value: Value) {
    if !value.is_null() {
        object[name] = value;
    }
}

/// A row of a document about several orders.
pub(crate) fn row(order: Value, ended: &Result<CommandOutput, Failure>) -> Value {
    let mut row = json!({});
    set(&mut row, "order", order);
    row["kind"] = json!(kind_name(ended));
    match ended {
        Ok(output) => {
            for name in ["files", "checks", "deployment"] {
                set(&mut row, name, output.document.get(name).cloned().unwrap_or_default());
            }
            let serial = output.document.pointer("/certificate/serialNumber").cloned();
            set(&mut row, "serialNumber", serial.unwrap_or_default());
        }
        Err(failure) => {
            row["text"] = json!(failure.to_string());
            row["error"] = failure.error();
            for name in ["checks", "seen", "settles", "resume"] {
                set(&mut row, name, failure.detail(name).cloned().unwrap_or_default());
            }
        }
    }
    row
}

/// The kind of a row; `None` if it went well. Files that were in place already are what was to be done.
pub(crate) fn kind(ended: &Result<CommandOutput, Failure>) -> Option<Kind> {
    match ended {
        Ok(output) => output.kind,
        Err(failure) => Some(failure.kind()),
    }
}

fn kind_name(ended: &Result<CommandOutput, Failure>) -> &'static str {
    kind(ended).map_or("done", Kind::name)
}

/// What is shown of an order at the end of a run.
pub(crate) fn shown(app: &App, report: &OrderReport, asked: &Asked) -> Result<CommandOutput, Failure> {
    let mut document = json!({ "schema": 1, "order": reported(report, asked) });
    let resume = || resume_command(report, asked);
    let shown = match &report.outcome {
        Outcome::Issued(issuance) => return Ok(issued(app, document, issuance)),
        Outcome::Deleted => {
            let name = report.name.as_deref().unwrap_or("the certificate");
            return Ok(CommandOutput { document, lines: vec![format!("deleted: {}", one_line(name))], kind: None });
        }
        Outcome::CheckFailed(issuance) => {
            document["certificate"] = document::certificate(app, &issuance.certificate);
            document["checks"] = document::checks(&issuance.checks);
            document["resume"] = json!(resume());
            let look = format!("once that is mended, look again: {}", resume());
            let failure = check_failed(issuance, &asked.options);
            if asked.elsewhere {
                failure.and(&look)
            } else {
                let abandon = abandon(&asked.options, report.id.as_str());
                failure.and(&format!("{look}; or give the certificate up: {abandon}"))
            }
        }
        Outcome::Overtaken { issuance, by } => {
            document["certificate"] = document::certificate(app, &issuance.certificate);
            document["checks"] = document::checks(&issuance.checks);
            let over = "the order is over, and the next one goes on from what is there";
            check_failed(issuance, &asked.options)
                .and(&format!("job {by} of somebody else's replaced the certificate before it was fetched: {over}"))
        }
        Outcome::NotInstalled(issuance, error) => {
            document["certificate"] = document::certificate(app, &issuance.certificate);
            document["checks"] = document::checks(&issuance.checks);
            left_behind(advice::not_installed(error, asked.asking()), report, &mut document, asked)
        }
        Outcome::Pending(reason) => left_behind(pending(reason, report, asked), report, &mut document, asked),
        Outcome::Failed(message) => {
            let messages = message.as_ref().map(|message| message.messages.as_slice()).unwrap_or_default();
            ended_without_certificate(messages)
        }
        Outcome::Unknown(error) => {
            document["resume"] = json!(resume());
            Failure::of_account(error, asked.asking())
        }
        Outcome::NotSent(error) => Failure::of_account(error, asked.asking()),
        Outcome::Refused(refusal) => Failure::of_refusal(refusal),
        Outcome::InvalidRequest(why) => advice::request(why, asked.asking()),
        Outcome::ProtocolViolation(task) => no_certificate(*task),
        Outcome::NotValidated(why) => advice::not_published(why, asked.asking()),
        Outcome::NotReached => Failure::new(Kind::Pending, "the run ended before it was sent: run it again"),
        Outcome::Held => held(report.record.as_ref(), &asked.options),
        other => Failure::new(Kind::Internal, format!("an outcome without a meaning here: {other:?}")),
    };
    let failure = ["order", "certificate", "checks", "resume"].into_iter().fold(shown, |failure, name| match document
        .get_mut(name)
        .map(Value::take)
    {
        Some(value) => failure.with(name, value),
        None => failure,
    });
    Err(failure)
}

/// A job that the gateway ended without success.
pub(crate) fn ended_without_certificate(messages: &[Message]) -> Failure {
    let mut text = "the gateway ended the job without a certificate".to_owned();
    for message in messages.iter().flat_map(Message::walk) {
        let part = |text: &Option<String>| one_line(text.as_deref().unwrap_or_default()).into_owned();
        text += &format!("\n  {} {}", part(&message.code), part(&message.text));
    }
    let failure = Failure::new(Kind::Refused, text);
    if messages.is_empty() { failure } else { failure.with("messages", certgate_json::document::messages(messages)) }
}

/// Another process is about to order it, or has: `order`, where there is one yet.
pub(crate) fn held(order: Option<&Order>, options: &str) -> Failure {
    match order {
        Some(order) => held_by_another(&order.order.id, options),
        None => Failure::new(Kind::Pending, "another process is at it: it is done by that, or due the next time")
            .advise(format!("`certgate orders --unfinished{options}` shows its order")),
    }
}

/// An order in the way, shown whole, with the command that carries on with it.
pub(crate) fn in_the_way(failure: Failure, other: &Order, options: &str) -> Failure {
    failure.with("order", order(other)).with("resume", json!(resume(options, &other.order.id)))
}

/// That order is a living process's.
pub(crate) fn held_by_another(id: &str, options: &str) -> Failure {
    let resume = resume(options, id);
    Failure::new(Kind::Pending, format!("order {id} is being carried on by another process that lives"))
        .advise(format!("once that has ended, carry on with: {resume}"))
        .with("resume", json!(resume))
}

fn no_certificate(task: certgate_domain::TaskKind) -> Failure {
    Failure::new(Kind::Undecodable, format!("the answer to {} holds no certificate", task.name()))
}

fn pending(reason: &PendingReason, report: &OrderReport, asked: &Asked) -> Failure {
    let why = match reason {
        PendingReason::NotWaitedFor => "the order is accepted".to_owned(),
        PendingReason::Deadline => format!("the order is not finished after {} s", asked.timeout.as_secs()),
        PendingReason::ForeignMessageFirst { message } => {
            let id = message.map_or("without an id".to_owned(), |id| id.to_string());
            format!("message {id} of somebody else's is first in the queue, and --foreign stop leaves it there")
        }
        PendingReason::Stopped(error) => return Failure::of_account(error, asked.asking()),
        PendingReason::Refused(refusal) => return Failure::of_refusal(refusal),
        PendingReason::ProtocolViolation(task) => return no_certificate(*task),
        _ => format!("the run ended before order {}", report.id),
    };
    Failure::new(Kind::Pending, why)
}

/// A failure after the order was accepted: says what is left behind and how to carry on. What could not be written here is
/// pending, not bad usage.
fn left_behind(failure: Failure, report: &OrderReport, document: &mut Value, asked: &Asked) -> Failure {
    let failure = if failure.kind() == Kind::Usage { failure.of_kind(Kind::Pending) } else { failure };
    let command = resume_command(report, asked);
    document["resume"] = json!(command);
    let job = report.job.map_or("a job without an id".to_owned(), |job| format!("job {job}"));
    failure.and(&format!("{job}: carry on with: {command}"))
}

fn resume_command(report: &OrderReport, asked: &Asked) -> String {
    let options = &asked.options;
    if !asked.elsewhere {
        return resume(options, report.id.as_str());
    }
    let mut command = format!("certgate resume{options}");
    if let Some(job) = report.job {
        command += &format!(" {job}");
    }
    if let Some(certificate) = report.certificate {
        command += &format!(" --certificate {certificate}");
    } else if let Some(name) = &report.name {
        command += &format!(" --name {}", shell_word(name));
    }
    if let Some(csr) = &asked.csr {
        command += &format!(" --csr {}", shell_word(&csr.display().to_string()));
    }
    if let Some(out) = &asked.out {
        command += &format!(" --out {}", shell_word(&out.display().to_string()));
    }
    command
}

/// A certificate that was fetched; `document` holds what is to be shown besides.
pub(crate) fn fetched(
    app: &App,
    document: Value,
    outcome: &Outcome,
    asking: Asking<'_>,
) -> Result<CommandOutput, Failure> {
    let (issuance, failure) = match outcome {
        Outcome::Issued(issuance) => return Ok(issued(app, document, issuance)),
        Outcome::CheckFailed(issuance) => (issuance, fetched_in_vain(issuance, asking.options)),
        Outcome::NotInstalled(issuance, error) => (issuance, advice::not_installed(error, asking)),
        other => return Err(Failure::new(Kind::Internal, format!("an outcome without a meaning here: {other:?}"))),
    };
    let certificate = document::certificate(app, &issuance.certificate);
    Err(failure.with("certificate", certificate).with("checks", document::checks(&issuance.checks)))
}

/// A fetched certificate that failed a check: of another key than the order's it is another one, which came since.
fn fetched_in_vain(issuance: &Issuance, options: &str) -> Failure {
    let is_another = issuance.checks.iter().any(|check| check.name == "public-key" && !check.ok);
    match issuance.certificate.id.filter(|_| is_another) {
        Some(id) => Failure::new(
            Kind::CheckFailed,
            format!("certificate {id} has another key by now than this order's; nothing was written"),
        )
        .advise(format!("`certgate fetch{options} {id} --out DIR` gets what the gateway has")),
        None => check_failed(issuance, options),
    }
}

/// A certificate that failed a check; `options` are those of a command for its account.
fn check_failed(issuance: &Issuance, options: &str) -> Failure {
    let failing = issuance.checks.iter().find(|check| !check.ok);
    let shown = |check: &Check| format!("check {} failed: {}", check.name, one_line(&check.detail));
    let text = format!("{}; nothing was written", failing.map(shown).unwrap_or_default());
    // What cannot be read at all is not shown otherwise.
    let look = match (failing, issuance.certificate.id) {
        (Some(Check { name: "certificate", .. }), Some(id)) => {
            format!(": `certgate info{options} {id} --output json` shows what the gateway gives")
        }
        _ => String::new(),
    };
    Failure::new(Kind::CheckFailed, text + &look)
}

/// Says which keys everybody can read. They stay so, since who reads one may be a server.
pub(crate) fn say_readable(keys: &[ReadableKey]) {
    for ReadableKey { path, mode } in keys {
        say(&format!("certgate: warning: everybody can read {} (mode {mode:o})", path.display()));
    }
}

fn issued(app: &App, mut document: Value, issuance: &Issuance) -> CommandOutput {
    let Issuance { certificate, checks, installed } = issuance;
    document["certificate"] = document::certificate(app, certificate);
    document["checks"] = document::checks(checks);
    let mut lines: Vec<String> =
        checks.iter().map(|check| format!("ok {}: {}", check.name, one_line(&check.detail))).collect();
    document::say_unchecked(checks);
    let mut kind = None;
    match installed {
        Some(Installed { files, is_unchanged, deployment, readable, was_led_nowhere, cut_links, .. }) => {
            say_readable(readable);
            if *was_led_nowhere {
                say(&format!("certgate: warning: {LED_NOWHERE}"));
            }
            for path in cut_links {
                let path = path.display();
                say(&format!(
                    "certgate: warning: {path} had another name, a hard link, which still leads to the file of before"
                ));
            }
            document["files"] = document::files(files);
            document["deployment"] = json!(deployment);
            lines.extend(files.iter().map(|(_, path)| path.display().to_string()));
            if *is_unchanged {
                kind = Some(Kind::Unchanged);
            }
            // The certificate is where it belongs, whatever became of the hook: the order is done.
            if let Deployment::Failed { detail } = deployment {
                let folder = files.first().and_then(|(_, path)| path.parent()).unwrap_or(Path::new(""));
                say(&format!("certgate: {}: {detail}", folder.display()));
                lines.push(format!("PROBLEM deployment: {}", printable(detail)));
                kind = Some(Kind::NotDeployed);
            }
        }
        // As files have it: whatever else the gateway put beside it is no part of it.
        None => lines.extend(
            X509::all(certificate.server.as_deref().unwrap_or_default())
                .unwrap_or_default()
                .iter()
                .map(|one| one.to_pem().trim_end().to_owned()),
        ),
    }
    CommandOutput { document, lines, kind }
}
