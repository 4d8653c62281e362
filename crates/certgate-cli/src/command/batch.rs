//! `certgate batch`.

use std::{
    fs::File,
    io::{IsTerminal, Write},
    path::PathBuf,
    time::Duration,
};

use certgate::{
    Carry, Client, Error, Foreman, Installation, Kind, Ledger, Settled,
    config::{new_transaction_id, parse_duration},
    drive_batch, settle,
};
use certgate_domain::{AnyData, AnyTask, CertAuthentication, PollMessage, Response, TaskKind, Verdict};
use certgate_flow::{Batch as Flow, Ending, Order, Purpose};
use certgate_store::{Order as Known, ResumeData, State};
use certgate_wire::{Finding, Limits};
use certgate_x509::CertificateRequest;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::{
    args::Global,
    command::{order::kind, resume::open},
    connection::Home,
    exit::{Failure, worst},
    plan::{Planned, read},
    progress::strict,
    report::Report,
    round::{Left, left, round},
    ui::document,
    ui::streams::say,
    ui::table::Table,
};

/// Many orders at the gateway's pace; run again, it does only what is left
#[derive(Debug, Args)]
#[command(
    after_help = "A file has an order a line, as TOML ([[order]]), JSON lines or CSV, with id, csr, product, name, admin, technical,
software, lifetime, method, provisioning, out, and action: create, reissue (where an id is given) or renew.

Example:
  certgate batch certificates.csv --report report.jsonl"
)]
pub(crate) struct Batch {
    /// The file: .toml, .jsonl or .csv
    file: PathBuf,
    /// How long to wait in all: 30m, 12h
    #[arg(long, default_value = "12h", value_parser = parse_duration)]
    timeout: Duration,
    /// Write what became of each order into this file as JSON lines
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Order anew what the same file ordered before. Interrupted, the same command does what is left of that
    #[arg(long)]
    again: bool,
}

/// Requests in flight at most.
const WORKERS: usize = 8;

/// What is known of an order of the batch.
struct Entry {
    planned: Planned,
    id: String,
    carry: Carry,
    /// Accepted by the gateway.
    ordered: bool,
    result: Option<Done>,
}

/// The orders of a batch while they are run.
struct Crew<'a> {
    global: &'a Global,
    transport: &'static str,
    ledger: Ledger,
    report: Option<File>,
    timeout: Duration,
    entries: Vec<Entry>,
    /// Which entry each workflow is of.
    places: Vec<usize>,
    bar: Option<ProgressBar>,
    findings: Vec<Finding>,
}

/// How an order ended.
struct Done {
    state: &'static str,
    /// The kind of its trouble; none where it is done.
    kind: Option<Kind>,
    document: Value,
    text: String,
}

impl Batch {
    pub(crate) fn run(self, global: &Global) -> Result<u8, Failure> {
        let planned = read(&self.file)?;
        let report = self
            .report
            .as_deref()
            .map(|path| certgate_files::open_to_append(path).map_err(|why| Failure::usage(format!("--report {why}"))));
        let report = report.transpose()?;
        let (mut clients, home) = Home::open(global, self.timeout, WORKERS.min(planned.len()))?;
        let Some(first) = clients.first_mut() else { return Err(Failure::new(Kind::Internal, "no client was made")) };
        let mut crew = Crew::new(global, first.protocol().name(), home.ledger()?, report, self.timeout, planned);
        let flow = crew.orders(first, self.again)?;
        let ended = drive_batch(clients, flow, &mut crew);
        crew.finish(ended)
    }
}

impl<'a> Crew<'a> {
    fn new(
        global: &'a Global,
        transport: &'static str,
        ledger: Ledger,
        report: Option<File>,
        timeout: Duration,
        planned: Vec<Planned>,
    ) -> Self {
        let entries: Vec<Entry> = planned.into_iter().map(Entry::new).collect();
        let bar = (std::io::stderr().is_terminal() && !global.quiet).then(|| {
            let bar = ProgressBar::new(entries.len() as u64);
            if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len}  {msg}  {per_sec}  {eta} left") {
                bar.set_style(style);
            }
            bar
        });
        Self { global, transport, ledger, report, timeout, entries, places: Vec::new(), bar, findings: Vec::new() }
    }

    /// The workflows of what is left to do: what the store knows is carried on with, what is done is left.
    fn orders(&mut self, client: &mut Client, again: bool) -> Result<Flow, Failure> {
        let mut known = Vec::new();
        for entry in &self.entries {
            known.push(self.ledger.of_batch(&entry.planned.key)?);
        }
        let round = round(&known, again);
        let mut orders = Vec::new();
        for (at, known) in known.into_iter().enumerate() {
            let Some(entry) = self.entries.get_mut(at) else { continue };
            let planned = entry.planned.clone();
            entry.carry.resume.round = round;
            let order = match left(known, round, again) {
                Left::Nothing(known) => {
                    self.unchanged(at, &known);
                    continue;
                }
                Left::CarryOn(known) => {
                    entry.id.clone_from(&known.order.id);
                    entry.ordered = true;
                    // The serial number from before the order, above all.
                    entry.carry.resume = known.order.resume.clone();
                    match self.carry_on(client, &known, &planned) {
                        Ok(order) => order,
                        Err(failure) => {
                            self.failed(at, &failure);
                            continue;
                        }
                    }
                }
                Left::Order => Order::new(planned.wanted(self.timeout)),
            };
            self.places.push(at);
            orders.push(order);
        }
        Ok(Flow::new(orders))
    }

    /// A line that is done. What was changed in it since is not.
    fn unchanged(&mut self, at: usize, known: &Known) {
        let Some(entry) = self.entries.get(at) else { return };
        let changed = entry.planned.changed_since(known);
        let mut document = json!({ "id": known.order.id, "state": "done" });
        if !changed.is_empty() {
            let text = format!("done before; {}: --again orders anew", changed.join("; "));
            self.say(&format!("certgate: warning: {}: {text}", entry.planned.title()));
            document["detail"] = json!(text);
        }
        self.note(
            at,
            Done { state: "unchanged", kind: Some(Kind::Unchanged), document, text: "done before".to_owned() },
        );
    }

    /// An order of an earlier run.
    fn carry_on(&mut self, client: &mut Client, known: &Known, planned: &Planned) -> Result<Order, Failure> {
        let id = &known.order.id;
        if !self.ledger.claim(id)? {
            return Err(Failure::held(id));
        }
        if matches!(known.state, State::Intended | State::Unknown) {
            if known.state == State::Intended {
                self.ledger.note(id, State::Unknown, "found without an outcome: its process is gone")?;
            }
            if let Settled::Open { seen } = settle(client, &mut self.ledger, known)? {
                return Err(open(id, &seen));
            }
        }
        let known = self.ledger.find(id)?.ok_or_else(|| Failure::new(Kind::Internal, "the order left the store"))?;
        if known.state == State::Failed {
            return Err(Failure::new(
                Kind::Refused,
                format!("order {id}: the gateway ended the job without a certificate"),
            ));
        }
        let mut wanted = planned.wanted(self.timeout);
        if let (Purpose::Create, Some(certificate)) = (wanted.purpose, known.order.certificate) {
            wanted.purpose = Purpose::Reissue(certificate);
        }
        wanted.name = wanted.name.or_else(|| known.order.name.clone());
        if let (None, Some(csr)) = (&wanted.csr, &known.order.csr)
            && let Ok(request) = CertificateRequest::from_pem(csr)
        {
            wanted.csr = Some((csr.clone(), request));
        }
        let mut order = Order::accepted(wanted, None, known.job, known.stid.clone());
        if let (Some(message), Some(wait)) = (self.ledger.message_of(id)?, order.waiting()) {
            wait.deliver(&message);
        }
        Ok(order)
    }

    fn entry(&mut self, place: usize) -> Option<&mut Entry> {
        let at = *self.places.get(place)?;
        self.entries.get_mut(at)
    }

    fn say(&self, text: &str) {
        if self.global.quiet {
            return;
        }
        match &self.bar {
            Some(bar) => bar.suspend(|| say(text)),
            None => say(text),
        }
    }

    fn failed(&mut self, at: usize, failure: &Failure) {
        let state = match failure.kind() {
            _ if failure.leaves_outcome_open() => "unknown",
            Kind::Pending => "pending",
            _ => "failed",
        };
        let own = self.entries.get(at).map(|entry| entry.id.clone()).unwrap_or_default();
        // Where another order stands in the way, that one is meant.
        let id = failure.order().map_or(own, str::to_owned);
        let document = json!({ "id": id, "state": state, "error": failure.error() });
        self.note(at, Done { state, kind: Some(failure.kind()), document, text: failure.to_string() });
    }

    /// Notes how an order ended: the bar, a line, the report.
    fn note(&mut self, at: usize, done: Done) {
        let Some(entry) = self.entries.get_mut(at) else { return };
        let title = entry.planned.title();
        let mut row = json!({ "order": title });
        if let (Some(row), Some(fields)) = (row.as_object_mut(), done.document.as_object()) {
            row.extend(fields.clone());
        }
        let is_wrong = done.kind.is_some_and(|kind| kind != Kind::Unchanged);
        let text = format!("{title}: {}: {}", done.state, done.text);
        entry.result = Some(done);
        if let Some(report) = &mut self.report
            && let Err(why) = writeln!(report, "{row}")
        {
            say(&format!("certgate: warning: --report: {why}"));
        }
        if let Some(bar) = &self.bar {
            bar.inc(1);
            self.show();
        }
        // A bar counts what went well; what did not is said with its reason.
        if self.bar.is_none() || is_wrong {
            self.say(&text);
        }
    }

    /// Writes down where an order stands. What cannot be written down is looked for by the next run.
    fn write_down(&mut self, id: &str, state: State, detail: &str) {
        if let Err(error) = self.ledger.note(id, state, detail) {
            self.say(&format!("certgate: warning: {error}"));
        }
    }

    /// Where the whole stands, beside the bar.
    fn show(&self) {
        let Some(bar) = &self.bar else { return };
        let waiting = self.entries.iter().filter(|entry| entry.ordered && entry.result.is_none()).count();
        let counted = |state: &str| self.entries.iter().flat_map(|e| &e.result).filter(|d| d.state == state).count();
        bar.set_message(format!(
            "{} done, {waiting} waiting, {} failed, {} unknown",
            counted("done"),
            counted("failed"),
            counted("unknown")
        ));
    }

    /// Bad usage is found before anything was sent; once an order is out, it is the other kind.
    fn exit(&self, kind: Kind, once_ordered: Kind) -> Kind {
        let ordered = self.entries.iter().any(|entry| entry.ordered);
        if kind == Kind::Usage && ordered { once_ordered } else { kind }
    }

    /// The summary, and one exit code for all.
    fn finish(mut self, ended: Result<(), Error>) -> Result<u8, Failure> {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if let Err(error) = ended {
            let left = self.entries.iter().filter(|entry| entry.result.is_none()).count();
            let failure = Failure::from(error);
            let kind = self.exit(failure.kind(), Kind::Pending);
            let failure = failure.of_kind(kind);
            return Err(
                failure.and(&format!("{left} orders are left: run the same command again, it does only what is left"))
            );
        }
        let mut rows = Vec::new();
        for entry in &mut self.entries {
            let mut row = json!({ "order": entry.planned.title() });
            if let (Some(done), Some(row)) = (&mut entry.result, row.as_object_mut())
                && let Some(fields) = done.document.as_object_mut()
            {
                row.append(fields);
                row.insert("result".to_owned(), done.state.into());
            }
            rows.push(row);
        }
        let counted =
            |state: &str| self.entries.iter().flat_map(|e| &e.result).filter(|done| done.state == state).count();
        let states = ["done", "unchanged", "pending", "failed", "unknown"];
        let summary: Value = states
            .iter()
            .map(|state| ((*state).to_owned(), json!(counted(state))))
            .collect::<serde_json::Map<_, _>>()
            .into();
        if self.global.json() {
            let found = document::findings(&self.findings);
            document::print(&json!({ "schema": 1, "orders": rows, "summary": summary, "findings": found }));
        } else {
            let mut table = Table::new(["order", "result", "id"].map(str::to_owned).to_vec());
            table.rows(&rows);
            let said: Vec<String> = states.iter().map(|state| format!("{} {state}", counted(state))).collect();
            document::line(&said.join(", "));
        }
        strict(self.global, &self.findings)?;
        let kinds = self.entries.iter().flat_map(|entry| &entry.result).map(|done| done.kind);
        Ok(worst(kinds).map_or(0, |kind| self.exit(kind, Kind::CheckFailed).exit_code()))
    }
}

impl Entry {
    fn new(planned: Planned) -> Self {
        let resume = ResumeData::installing(planned.install());
        let carry = Carry { resume, batch: Some(planned.key.clone()) };
        Self { planned, id: new_transaction_id(), carry, ordered: false, result: None }
    }
}

impl Foreman for Crew<'_> {
    fn id(&self, place: usize) -> String {
        let entry = self.places.get(place).and_then(|at| self.entries.get(*at));
        entry.map(|entry| entry.id.clone()).unwrap_or_default()
    }

    fn intending(&mut self, place: usize, task: &AnyTask) -> Result<(), Error> {
        let Some(entry) = self.places.get(place).and_then(|at| self.entries.get(*at)) else { return Ok(()) };
        self.ledger.intend(&entry.id, task, None, &entry.carry)
    }

    fn settled(&mut self, place: usize, task: TaskKind, outcome: Result<&Response<AnyData>, &Error>) {
        let id = self.id(place);
        if let Err(error) = self.ledger.settle(&id, task, outcome) {
            self.say(&format!("certgate: warning: {error}"));
        }
        if !outcome.is_ok_and(|answer| answer.verdict() == Some(Verdict::Accepted)) {
            return;
        }
        if let Some(entry) = self.entry(place) {
            entry.ordered = true;
        }
        self.show();
        if self.bar.is_none() {
            let title = self.entry(place).map(|entry| entry.planned.title()).unwrap_or_default();
            self.say(&format!("{title}: ordered"));
        }
    }

    fn answered(&mut self, place: usize, answer: &Response<AnyData>) {
        // Once it is ordered the certificate may be the new one.
        let Some(entry) = self.entry(place).filter(|entry| !entry.ordered) else { return };
        for data in &answer.data {
            if let AnyData::Certificate(certificate) = data
                && entry.carry.resume.serial_before.is_none()
            {
                entry.carry.resume.serial_before.clone_from(&certificate.serial_number);
            }
        }
    }

    fn findings(&mut self, task: TaskKind, findings: &[Finding]) {
        for finding in findings {
            self.say(&format!("certgate: warning: {}: {finding}", task.name()));
        }
        let room = Limits::FINDINGS.saturating_sub(self.findings.len());
        self.findings.extend(findings.iter().take(room).cloned());
    }

    fn publish(&mut self, place: usize, authentication: &CertAuthentication) {
        let provisioned = authentication.provisioning.as_ref().and_then(|said| said.value()) == Some(&true);
        let title = self.entry(place).map(|entry| entry.planned.title()).unwrap_or_default();
        if let (false, Some(line)) = (provisioned, &authentication.dns) {
            self.say(&format!("{title}: publish now: {}", line.trim()));
        }
    }

    fn store(&mut self, message: &PollMessage, body: &[u8]) -> Result<(), Error> {
        self.ledger.keep(self.transport, message, body).map(drop)
    }

    fn arrived(&mut self, place: usize) -> Result<Option<PollMessage>, Error> {
        let id = self.id(place);
        self.ledger.message_of(&id)
    }

    fn confirmed(&mut self, message: i64) {
        if let Err(error) = self.ledger.confirmed(message) {
            self.say(&format!("certgate: warning: {error}"));
        }
    }

    fn trouble(&mut self, error: &Error) {
        self.say(&format!("certgate: warning: {error}; the batch goes on"));
    }

    fn ended(&mut self, place: usize, order: &Order, ended: Result<Ending, Error>) {
        let Some(at) = self.places.get(place).copied() else { return };
        let id = self.id(place);
        if matches!(ended, Ok(Ending::Issued(_))) {
            self.write_down(&id, State::Issued, "the notification or the gateway gave the certificate");
        }
        let Some(entry) = self.entries.get(at) else { return };
        let installation = entry.planned.out.as_deref().map(Installation::at);
        let report = Report {
            request: order.request(),
            job: order.job(),
            name: order.name(),
            before: entry.carry.resume.serial_before.as_deref(),
            ..Report::new(self.global, kind(order.purpose()), &id, installation.as_ref(), self.timeout)
        };
        let (shown, stands) = report.close(ended, order.is_ordered());
        if let Some((state, detail)) = stands {
            self.write_down(&id, state, &detail);
        }
        match shown {
            Ok(shown) => {
                let mut document = json!({ "id": id, "state": "done" });
                for name in ["job", "files"] {
                    if let Some(value) = shown.document.get(name) {
                        document[name] = value.clone();
                    }
                }
                if let Some(serial) = shown.document.pointer("/certificate/serialNumber") {
                    document["serialNumber"] = serial.clone();
                }
                self.note(at, Done { state: "done", kind: None, document, text: id });
            }
            Err(failure) => self.failed(at, &failure),
        }
    }
}
