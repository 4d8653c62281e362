//! What a run tells while it goes on: on stderr, plain lines or a line that changes.

use std::{
    collections::HashMap,
    fmt,
    fs::File,
    io::{self, IsTerminal, Write},
    time::Duration,
};

use certgate::{
    Control, Error, Event, GatewayError, Observer, OrderId, RefusalReason,
    estate::{EndedTask, Step, Task, TaskObserver, TaskOutcome},
    validation::{PropagationEvent, ValidationError, ZoneRecord},
};
use certgate_domain::{CertAuthentication, TaskKind, words::AuthMethod};
use certgate_store::{Order, StoredMessage};
use certgate_wire::{Finding, Limits, one_line};
use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};
use serde_json::{Value, json};

use super::{
    advice::Asking,
    outcome::{self, Asked, CommandOutput},
    resumption,
};
use crate::{
    app::App,
    exit::{Failure, Kind},
    streams::{printable, say},
};

/// An order that ended, as it is shown.
pub(crate) struct Ended {
    pub(crate) order: Value,
    pub(crate) shown: Result<CommandOutput, Failure>,
}

/// Follows a run on stderr. Of one order it tells all; of many what is to be known of each, in its name.
pub(crate) struct Progress<'a> {
    app: &'a App,
    pub(crate) asked: Asked,
    bar: Option<ProgressBar>,
    /// What the orders are called; of a single one nobody asks.
    titles: HashMap<OrderId, String>,
    /// The orders that are to be placed, as they are shown where they are not.
    unsent: HashMap<OrderId, Value>,
    /// How many orders there are, which need not all be driven.
    count: usize,
    /// The gateway's job of a single order, once it is known.
    job: Option<i64>,
    /// Where a line is written for each order that ended.
    report: Option<File>,
    /// Why lines of it are missing.
    pub(crate) unreported: Option<io::Error>,
    /// The findings of every answer.
    pub(crate) findings: Vec<Finding>,
    pub(crate) ended: HashMap<OrderId, Ended>,
    ordered: usize,
    tally: Tally,
    /// The trouble that was said last.
    trouble: String,
}

/// How many rows there are of each kind.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) done: usize,
    pub(crate) unchanged: usize,
    pub(crate) pending: usize,
    pub(crate) failed: usize,
    pub(crate) unknown: usize,
}

impl Tally {
    pub(crate) fn count(&mut self, kind: Option<Kind>) {
        let counter = match kind {
            None => &mut self.done,
            Some(Kind::Unchanged) => &mut self.unchanged,
            Some(Kind::Pending | Kind::Interrupted) => &mut self.pending,
            Some(Kind::Unknown) => &mut self.unknown,
            Some(_) => &mut self.failed,
        };
        *counter += 1;
    }

    pub(crate) fn rows(self) -> [(&'static str, usize); 5] {
        let Self { done, unchanged, pending, failed, unknown } = self;
        [("done", done), ("unchanged", unchanged), ("pending", pending), ("failed", failed), ("unknown", unknown)]
    }
}

impl<'a> Progress<'a> {
    /// Of one order.
    pub(crate) fn of_one(app: &'a App, asked: Asked) -> Self {
        Self::new(app, asked, 1)
    }

    /// Of these tasks.
    pub(crate) fn through(app: &'a App, asked: Asked, tasks: &[&Task], report: Option<File>) -> Self {
        let titles = tasks.iter().map(|task| (task.id.clone(), task.title.clone())).collect();
        let unsent = tasks.iter().filter_map(|task| Some((task.id.clone(), unsent(task)?))).collect();
        let asked = match tasks {
            [Task { step: Step::Resume { order, .. }, .. }] => {
                let certificate = order.order.certificate.map(|id| format!("certificate {id}"));
                let subject = certificate.or(order.order.name.clone()).unwrap_or_default();
                Asked { subject, job: order.job, ..asked }
            }
            _ => asked,
        };
        Self { titles, unsent, report, ..Self::new(app, asked, tasks.len()) }
    }

    fn new(app: &'a App, asked: Asked, count: usize) -> Self {
        // Lines of its own would be mixed with those of each request.
        let has_bar = std::io::stderr().is_terminal() && !app.quiet && !app.verbose;
        let bar = has_bar.then(|| bar(count, asked.timeout));
        Self {
            app,
            asked: Asked { is_replay: app.is_offline(), ..asked },
            bar,
            titles: HashMap::new(),
            unsent: HashMap::new(),
            count,
            job: asked.job,
            report: None,
            unreported: None,
            findings: Vec::new(),
            ended: HashMap::new(),
            ordered: 0,
            tally: Tally::default(),
            trouble: String::new(),
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// One of several was looked at, and nothing is done with it.
    pub(crate) fn looked_at(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    /// How the only order ended.
    pub(crate) fn only(&mut self) -> Result<CommandOutput, Failure> {
        match self.ended.drain().next() {
            Some((_, ended)) => ended.shown,
            None => Err(Failure::new(Kind::Internal, "the order did not end")),
        }
    }

    /// Says a line that stays.
    pub(crate) fn say(&self, text: &str) {
        if !self.app.quiet {
            self.say_always(text);
        }
    }

    /// The same of what is wrong, which is said under `--quiet`, too.
    fn say_always(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| say(text)),
            None => say(text),
        }
    }

    fn warn(&self, text: &str) {
        self.say(&format!("certgate: warning: {text}"));
    }

    /// Says what goes on: on a terminal in the lines that change.
    fn show(&self, text: &str) {
        match (&self.bar, self.job) {
            (Some(bar), Some(job)) => bar.set_message(printable(&format!("job {job}: {text}"))),
            (Some(bar), None) => bar.set_message(printable(text)),
            (None, _) => self.say(text),
        }
    }

    /// Shows which order it is, on a terminal.
    fn name(&self, order: &OrderId) {
        if let Some(bar) = self.bar.as_ref().filter(|_| self.is_alone()) {
            let about = if self.asked.subject.is_empty() { String::new() } else { format!(", {}", self.asked.subject) };
            bar.set_prefix(printable(&format!("order {order}{about}")));
        }
    }

    fn is_alone(&self) -> bool {
        self.count == 1
    }

    /// What is said of an order, in its name where there are several.
    fn named(&self, order: Option<&OrderId>, text: &str) -> String {
        match order.and_then(|order| self.titles.get(order)).filter(|_| !self.is_alone()) {
            Some(title) => format!("{title}: {text}"),
            None => text.to_owned(),
        }
    }

    fn sending(&self, task: TaskKind) {
        let doing = match task {
            TaskKind::CertificateInfo => "asking for the certificate",
            TaskKind::CertificatePrepareOrder => "checking the CSR",
            TaskKind::CertificateCreate | TaskKind::CertificateReissue | TaskKind::CertificateRenew => "ordering",
            TaskKind::CertificateDelete => "deleting",
            TaskKind::CertificateList => "looking for the certificate",
            TaskKind::PollInfo => "looking into the queue",
            TaskKind::PollConfirm => "confirming",
            TaskKind::JobInfo | TaskKind::JobHistoryInfo => "asking for the job",
            _ => "asking",
        };
        let is_worth_it = !matches!(task, TaskKind::PollInfo | TaskKind::JobInfo | TaskKind::JobHistoryInfo);
        if self.is_alone() && (self.bar.is_some() || self.app.verbose || is_worth_it) {
            self.show(&format!("{doing} ({} {})", task.name(), task.code()));
        }
    }

    fn validation(&self, order: Option<&OrderId>, authentication: &CertAuthentication) {
        let provisioned = authentication.provisioning.as_ref().and_then(|said| said.value()) == Some(&true);
        // Of many orders only what somebody has to do.
        if provisioned && !self.is_alone() && !self.app.verbose {
            return;
        }
        let say = |text: &str| self.say(&self.named(order, text));
        match (&authentication.method, &authentication.dns) {
            (Some(AuthMethod::Dns), Some(line)) => {
                let who = if provisioned { "the gateway publishes" } else { "publish now" };
                say(&format!("validation by DNS, {who}: {}", one_line(line.trim())));
                for record in ZoneRecord::parse(line).unwrap_or_default().iter().filter(|_| !provisioned) {
                    self.say(&format!("  name {}  type {}  value {}", record.name, record.kind(), record.value()));
                }
            }
            (Some(AuthMethod::File), _) => {
                let (name, content) = (&authentication.file_name, &authentication.file_content);
                say(&format!(
                    "validation by file, publish now: {} with the content {}",
                    one_line(name.as_deref().unwrap_or("(the gateway named no file)")),
                    one_line(content.as_deref().unwrap_or("(the gateway gave none)"))
                ));
            }
            (Some(AuthMethod::Email), _) => {
                say(&format!("validation by mail to {}", one_line(&authentication.approver_emails.join(", "))));
            }
            _ => {}
        }
    }

    fn propagation(&self, order: Option<&OrderId>, event: &PropagationEvent) {
        let text = match event {
            PropagationEvent::Seen { servers } => format!("the record is seen at {}", servers.join(", ")),
            PropagationEvent::Missing { servers } => format!("the record is not seen yet at {}", servers.join("; ")),
            _ => return,
        };
        self.say(&self.named(order, &text));
    }

    fn trouble(&mut self, error: &Error) {
        let trouble = error.to_string();
        if trouble == self.trouble {
            return;
        }
        self.warn(&format!("{trouble}; the wait goes on"));
        if let Error::Gateway(GatewayError::Undecodable { body, .. }) = error
            && !body.is_empty()
        {
            self.say(&self.app.keep(body));
        }
        self.trouble = trouble;
    }

    fn foreign(&self, stored: &StoredMessage, id: Option<i64>, file: Option<&std::path::Path>) {
        if id.is_none() {
            return self.warn(&format!(
                "a message of somebody else's without an id cannot be confirmed and stays first in the queue; it is kept in the store as {}",
                stored.stable_id
            ));
        }
        let place = file.map_or(format!("the store as {}", stored.stable_id), |file| file.display().to_string());
        self.say(&format!("a message of somebody else's is kept in {place}"));
    }

    /// Takes down how a task ended, be it one whose order was not driven in this run.
    fn add(&mut self, id: &OrderId, order: Value, shown: Result<CommandOutput, Failure>) {
        let shown = shown.map_err(|failure| self.app.reported(failure));
        let kind = outcome::kind(&shown);
        self.tally.count(kind);
        if let Some(report) = &mut self.report {
            let mut row = outcome::row(order.clone(), &shown);
            outcome::set(&mut row, "title", json!(self.titles.get(id)));
            self.unreported = writeln!(report, "{row}").err().or(self.unreported.take());
        }
        if !self.is_alone() {
            if let Some(bar) = &self.bar {
                bar.inc(1);
            }
            self.show_tally();
            let is_wrong = kind.is_some_and(|kind| kind != Kind::Unchanged);
            // A bar counts what went well; what did not is said with its reason.
            if self.bar.is_none() || is_wrong {
                let text = match (&shown, order["id"].as_str()) {
                    (Ok(_), None) => kind.map_or("done", Kind::name).to_owned(),
                    (Ok(_), Some(id)) => format!("{}: {id}", kind.map_or("done", Kind::name)),
                    (Err(failure), _) => format!("{}: {failure}", failure.kind().name()),
                };
                let text = self.named(Some(id), &text);
                if is_wrong { self.say_always(&text) } else { self.say(&text) }
            }
        }
        self.ended.insert(id.clone(), Ended { order, shown });
    }

    /// Another order is in the place of one that was refused: it goes by the same name.
    fn replaced(&mut self, order: Option<&OrderId>, refusal: &RefusalReason, by: &OrderId, task: TaskKind) {
        self.say(&self.named(order, &format!("{refusal}: {} instead", outcome::action(task.name()))));
        if let Some(title) = order.and_then(|order| self.titles.get(order)).cloned() {
            self.titles.insert(by.clone(), title);
        }
    }

    fn show_tally(&self) {
        let Some(bar) = self.bar.as_ref().filter(|_| !self.is_alone()) else { return };
        let Tally { done, failed, unknown, .. } = self.tally;
        let waiting = self.ordered.saturating_sub(done);
        bar.set_message(format!("{done} done, {waiting} waiting, {failed} failed, {unknown} unknown"));
    }
}

/// Says that something that was published for an order is still there, where no progress is shown; `options` are those of a command
/// for its account.
pub(crate) fn not_removed(app: &App, why: &ValidationError, options: &str) {
    if !app.quiet {
        say(&format!("certgate: warning: {}", still_published(why, options)));
    }
}

fn still_published(why: &ValidationError, options: &str) -> String {
    format!("what was published is still there: {why}; `certgate resume{options}` tries it again")
}

/// Three lines that change, each short enough for 60 columns; what does not fit is the end of the message.
fn bar(count: usize, timeout: Duration) -> ProgressBar {
    const SAFE: &str = "Ctrl-C is safe: certgate resume carries on";
    let (bar, first) = match count {
        1 => (ProgressBar::new_spinner(), "{spinner} {prefix}\n  {wide_msg}"),
        _ => (ProgressBar::new(count as u64), "{bar:20} {pos}/{len}\n  {wide_msg}"),
    };
    let left = move |state: &ProgressState, out: &mut dyn fmt::Write| {
        if let Some(left) = timeout.checked_sub(state.elapsed()).filter(|_| timeout < LONG) {
            let _ = write!(out, ", {:#} left", HumanDuration(left));
        }
    };
    if let Ok(style) = ProgressStyle::with_template(&format!("{first}\n  {{elapsed}}{{left}}. {SAFE}")) {
        bar.set_style(style.with_key("left", left));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// A wait that long is none that somebody watches.
const LONG: Duration = Duration::from_secs(365 * 86_400);

impl Observer for Progress<'_> {
    fn on(&mut self, order: Option<&OrderId>, event: &Event<'_>) -> Control {
        if let Some(order) = order {
            self.name(order);
        }
        match event {
            Event::Sending { task } => self.sending(*task),
            Event::Findings { task, findings } => {
                for finding in *findings {
                    self.warn(&format!("{}: {finding}", task.name()));
                }
                let room = Limits::FINDINGS.saturating_sub(self.findings.len());
                self.findings.extend(findings.iter().take(room).cloned());
            }
            Event::Validation { authentication } => self.validation(order, authentication),
            Event::Propagation(event) => self.propagation(order, event),
            Event::Ordered { job } => {
                self.ordered += 1;
                self.job = *job;
                self.show_tally();
                if !self.is_alone() && self.bar.is_none() {
                    self.say(&self.named(order, "ordered"));
                }
            }
            Event::Waiting { now, until } if self.is_alone() => {
                let next = until.saturating_sub(*now).as_secs();
                let left = match self.asked.timeout.checked_sub(*now).filter(|_| self.bar.is_none()) {
                    Some(left) => format!(", {:#} left", HumanDuration(left)),
                    None => String::new(),
                };
                self.show(&format!("not finished after {} s{left}; next look in {next} s", now.as_secs()));
            }
            Event::Trouble(error) => self.trouble(error),
            Event::ForeignMessage { stored, id, file } => self.foreign(stored, *id, *file),
            Event::MessageStays { id } => self.warn(&format!(
                "message {id} is first in the queue again although it was confirmed: jobs are asked themselves (`certgate poll next{}` shows it)",
                self.asked.options
            )),
            Event::NotRecorded(error) => self.warn(&error.to_string()),
            Event::NotRemoved(why) => self.warn(&still_published(why, &self.asked.options)),
            Event::Replaced { refusal, by, task } => self.replaced(order, refusal, by, *task),
            _ => {}
        }
        Control::Continue
    }
}

impl TaskObserver for Progress<'_> {
    fn ended(&mut self, task: &OrderId, record: Option<&Order>, ended: TaskOutcome<'_>) {
        let unsent = || self.unsent.get(task).cloned().unwrap_or_default();
        let order = record.map_or_else(unsent, outcome::order);
        let (order, shown) = match ended {
            TaskOutcome::Ordered(report) => {
                (outcome::reported(report, &self.asked), outcome::shown(self.app, report, &self.asked))
            }
            TaskOutcome::Fetched(fetched) => {
                (Value::Null, outcome::fetched(self.app, json!({ "schema": 1 }), &fetched, self.asked.asking()))
            }
            TaskOutcome::Deployed { folder, deployment } => (order, Ok(CommandOutput::of_hook(folder, deployment))),
            TaskOutcome::Ended(ended) => {
                let shown =
                    over(task, record, ended, self.asked.asking()).map_err(|failure| match failure.detail("order") {
                        None if !order.is_null() => failure.with("order", order.clone()),
                        _ => failure,
                    });
                (order, shown)
            }
            TaskOutcome::NotReached => {
                (order, Err(Failure::new(Kind::Pending, "the run ended before it was sent: run it again")))
            }
        };
        self.add(task, order, shown);
    }
}

/// An order that is not sent yet, as it is shown; none where none is to be placed.
fn unsent(task: &Task) -> Option<Value> {
    match &task.step {
        Step::Place { request, .. } => Some(json!({ "state": "unsent", "action": request.action() })),
        _ => None,
    }
}

/// What is shown of a task that is over without an order that was driven.
fn over(
    task: &OrderId,
    record: Option<&Order>,
    ended: EndedTask,
    asking: Asking<'_>,
) -> Result<CommandOutput, Failure> {
    match ended {
        EndedTask::Done(order) => Ok(CommandOutput::over(&order, Some(Kind::Unchanged))),
        EndedTask::Left(left) => resumption::shown(task.as_str(), *left, asking.options),
        EndedTask::Adopted => Ok(CommandOutput { kind: None, ..CommandOutput::nothing() }),
        EndedTask::Held => Err(outcome::held(record, asking.options)),
        EndedTask::Failed(why) => Err(Failure::of_task(why, asking)),
        _ => Ok(CommandOutput::nothing()),
    }
}
