//! `certgate batch`.

use std::{collections::HashMap, path::PathBuf, time::Duration};

use certgate::{
    Client, Journal, OrderId, PreparationError, ResumeOptions, RunItem, Runner,
    batch::{BatchError, BatchOrder, read},
    config::parse_duration,
    rerun::{Remaining, remaining, round},
};
use certgate_x509::CertificateRequest;
use clap::Args;
use serde_json::{Map, Value, json};

use crate::{
    app::{App, Home},
    args::ordering::Queue,
    common::order::prepared,
    exit::{Exit, Failure, Kind, worst},
    streams::say,
    ui::{
        document,
        outcome::{self, Asked, CommandOutput, set, strict},
        progress::{Ended, Progress, Tally},
        table::Table,
    },
};

/// Many orders at the gateway's pace; run again, it does only what is left
#[derive(Debug, Args)]
#[command(
    after_help = "A file has an order a line, as TOML ([[order]]), JSON lines or CSV, with id, action (create, reissue where an id is given, or
renew) and every option of these commands as a column: --deploy-hook is deploy_hook. Paths start from the file's folder.

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
    #[command(flatten)]
    queue: Queue,
}

/// Requests in flight at most.
const WORKERS: usize = 8;

/// What a line of the batch comes to in this run.
struct Entry {
    order: BatchOrder,
    id: OrderId,
    left: Remaining,
    /// What was changed in the line since it was done.
    changed: Option<String>,
}

impl Batch {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let orders = read(&self.file).map_err(|why| Failure::usage(why.to_string()))?;
        self.queue.check()?;
        let report = self
            .report
            .as_deref()
            .map(|path| certgate_files::open_to_append(path).map_err(|why| Failure::usage(format!("--report {why}"))));
        let report = report.transpose()?;
        // In a replay nobody is waited for, and time passes for all at once.
        let workers = if app.is_offline() { 1 } else { WORKERS.min(orders.len()) };
        let (mut clients, home) = Home::open(app, self.timeout, workers)?;
        let mut journal = home.journal()?;
        let (entries, round) = self.entries(&journal, orders)?;
        self.check(&entries)?;
        let titles: HashMap<_, _> = entries.iter().map(|entry| (entry.id.clone(), entry.order.title())).collect();
        let asked = Asked { timeout: self.timeout, ..Asked::default() };
        let mut progress = Progress::new(app, asked, titles, entries.len(), report);
        let Some(first) = clients.first_mut() else { return Err(Failure::new(Kind::Internal, "no client was made")) };
        let queue = self.queue.options(app.run_options()?);
        let recovery = app.recovery(&queue)?;
        let options = ResumeOptions { deadline: self.timeout, recovery, ..ResumeOptions::default() };
        let mut items = Vec::new();
        for entry in &entries {
            items.extend(self.item(entry, round, &options, first, &mut journal, &mut progress)?);
        }
        let run = Runner::new(&mut clients, queue).run(&mut journal, items, &mut progress);
        progress.finish();
        let error = run.error.map(|error| app.reported(error.into()));
        finish(app, &entries, progress, error)
    }

    /// What is left to do of each line, and the round of this run.
    fn entries(&self, journal: &Journal, orders: Vec<BatchOrder>) -> Result<(Vec<Entry>, u64), Failure> {
        let mut known = Vec::new();
        for order in &orders {
            known.push(journal.of_batch(&order.key)?);
        }
        let round = round(&known, self.again);
        let entries = orders.into_iter().zip(known).map(|(order, known)| {
            let left = remaining(known, round, self.again);
            let (id, changed) = match &left {
                Remaining::Nothing(known) => (OrderId::from(known.order.id.as_str()), order.changed_since(known)),
                Remaining::Resume(known) => (OrderId::from(known.order.id.as_str()), Vec::new()),
                Remaining::Place => (OrderId::new(), Vec::new()),
            };
            let changed =
                (!changed.is_empty()).then(|| format!("done before; {}: --again orders anew", changed.join("; ")));
            Entry { order, id, left, changed }
        });
        Ok((entries.collect(), round))
    }

    /// What would go wrong with what is to be ordered, before anything is.
    fn check(&self, entries: &[Entry]) -> Result<(), Failure> {
        let placed = entries.iter().filter(|entry| matches!(entry.left, Remaining::Place));
        let problem = |entry: &Entry| {
            let why: PreparationError = entry.order.request.check().err()?;
            Some(format!("{}: {}", entry.order.place, Failure::from(why)))
        };
        let problems: Vec<String> = placed.clone().filter_map(problem).collect();
        if problems.is_empty() {
            for entry in placed {
                let request = entry.order.request.csr.as_ref().map(|(_, request)| request);
                for warning in request.into_iter().flat_map(CertificateRequest::warnings) {
                    say(&format!("certgate: warning: {}: {warning}", entry.order.place));
                }
            }
            return Ok(());
        }
        Err(Failure::usage(BatchError::of_lines(&self.file, &problems).to_string()))
    }

    /// What is to be driven of a line; none where nothing is left, or it cannot be carried on with.
    fn item(
        &self,
        entry: &Entry,
        round: u64,
        options: &ResumeOptions,
        client: &mut Client,
        journal: &mut Journal,
        progress: &mut Progress<'_>,
    ) -> Result<Option<RunItem>, Failure> {
        let Entry { order, id, left, changed } = entry;
        match left {
            Remaining::Nothing(known) => {
                if let Some(changed) = changed {
                    progress.say(&format!("certgate: warning: {}: {changed}", order.title()));
                }
                let shown = Ok(CommandOutput::over(known, Some(Kind::Unchanged)));
                progress.add(id, outcome::order(known), shown);
                Ok(None)
            }
            Remaining::Resume(known) => {
                let install = order.request.install.clone();
                let options = ResumeOptions { install, ..options.clone() };
                let left =
                    prepared(client, journal, known, &options, progress).unwrap_or_else(|failure| Err(Err(failure)));
                match left {
                    Ok(item) => Ok(Some(*item)),
                    Err(shown) => {
                        let now = journal.find(id.as_str())?.unwrap_or_else(|| known.clone());
                        progress.add(id, outcome::order(&now), shown);
                        Ok(None)
                    }
                }
            }
            Remaining::Place => {
                let mut request = order.request.clone();
                if let Err(why) = request.make_csr(client, false) {
                    let unsent = json!({ "id": id.as_str(), "state": "unsent", "action": request.action() });
                    progress.add(id, unsent, Err(why.into()));
                    return Ok(None);
                }
                let mut item = request.item(id.clone(), self.timeout, true);
                item.resume.round = round;
                item.batch = Some(order.key.clone());
                Ok(Some(item))
            }
        }
    }
}

/// The rows, the summary, and one exit code for all.
fn finish(app: &App, entries: &[Entry], mut progress: Progress<'_>, error: Option<Failure>) -> Result<Exit, Failure> {
    let (mut rows, mut kinds, mut tally) = (Vec::new(), Vec::new(), Tally::default());
    let mut is_ordered = false;
    for entry in entries {
        let Some(Ended { order, shown }) = progress.ended.remove(&entry.id) else { continue };
        let kind = outcome::kind(&shown);
        let state = order["state"].as_str().unwrap_or_default();
        is_ordered |= kind != Some(Kind::Unchanged) && order.get("created").is_some() && state != "unsent";
        tally.count(kind);
        kinds.push(kind);
        let mut row = outcome::row(order, &shown);
        row["title"] = json!(entry.order.title());
        set(&mut row, "detail", json!(entry.changed));
        rows.push(row);
    }
    let summary: Map<String, Value> =
        tally.rows().map(|(kind, count)| (kind.to_owned(), json!(count))).into_iter().collect();
    if app.json() {
        let found = document::findings(&progress.findings);
        let mut document = json!({ "schema": 1, "orders": rows, "summary": summary, "findings": found });
        set(&mut document, "error", error.as_ref().map(Failure::error).unwrap_or_default());
        app.stdout.print(&document);
    } else {
        let cells = |row: &Value| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            vec![text(&row["title"]), text(&row["kind"]), text(&row["order"]["id"])]
        };
        Table::new(&app.stdout, ["order", "result", "id"].map(str::to_owned).to_vec())
            .cells(rows.iter().map(cells).collect());
        let said: Vec<String> = tally.rows().iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        app.stdout.line(&said.join(", "));
    }
    // Of several each was said as it ended.
    if let ([_], Some(text)) = (entries, rows.first().and_then(|row| row["text"].as_str())) {
        say(&format!("certgate: {text}"));
    }
    if let Some(error) = error {
        let left = tally.pending + tally.failed + tally.unknown;
        return Err(error
            .and(&format!("{left} orders are left: run the same command again, it does only what is left"))
            .said());
    }
    if app.strict && !progress.findings.is_empty() {
        if kinds.iter().all(|kind| matches!(kind, None | Some(Kind::Unchanged))) {
            strict(app, &progress.findings)?;
        }
        kinds.push(Some(Kind::CheckFailed));
    }
    // Bad usage is found before anything was sent; once an order is out, it is the other kind.
    let kind = worst(kinds.iter().copied()).map(|kind| match kind {
        Kind::Usage if is_ordered => Kind::CheckFailed,
        kind => kind,
    });
    Ok(kind.into())
}
