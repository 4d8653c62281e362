//! `certgate compare`.

use std::path::{Path, PathBuf};

use certgate::{
    CertificateSelector,
    tape::{
        self, Comparison, NOISE,
        difference::{Field, Relation, fields, is_among},
    },
};
use certgate_domain::{AnyTask, Protocol, TaskKind};
use clap::Args;
use serde_json::{Map, Value, json};

use crate::{
    app::{App, Home},
    common::{
        exchange::{read_task, task_id},
        payload::task_kind,
    },
    exit::{Exit, Failure},
    streams::{printable, say},
    ui::{
        document,
        reports::{Case, Reports, Row, Suite, verdict},
        table::Table,
    },
};

/// Ask both protocols for the same, or look at two tapes, field by field (exit 10 where they differ)
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate compare certificate-info --id 571 --sandbox
  certgate compare --tape tapes/2025 --tape tapes/2026 --html drift.html

Transaction ids, times, counters and tokens for validation differ without meaning anything: they are shown and do not count.")]
pub(crate) struct Compare {
    /// A task that is safe to repeat
    #[arg(value_parser = task_kind, required_unless_present = "tape")]
    task: Option<TaskKind>,
    /// The id that JSON has in the path; for a certificate its name will do where only one has it
    #[arg(long, value_name = "ID|NAME", allow_negative_numbers = true)]
    id: Option<CertificateSelector>,
    /// The data, a JSON object; - for standard input
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// A tape: two of them are compared with each other
    #[arg(long, value_name = "DIR", conflicts_with_all = ["task", "id", "data"])]
    tape: Vec<PathBuf>,
    /// A field that does not count, besides those known: `data[].expire`, or `**.expire` wherever it stands
    #[arg(long, value_name = "PATH")]
    ignore: Vec<String>,
    #[command(flatten)]
    reports: Reports,
}

impl Compare {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        match (self.task, self.tape.as_slice()) {
            (Some(kind), _) => self.live(app, kind),
            (None, [left, right]) => self.tapes(app, left, right),
            (None, tapes) => Err(Failure::usage(format!("--tape is given {} times: expected two tapes", tapes.len()))),
        }
    }

    fn is_noise(&self, path: &str) -> bool {
        let own = self.task.map_or(&[][..], differs_by_nature);
        is_among(path, NOISE.iter().chain(own).copied().chain(self.ignore.iter().map(String::as_str)))
    }

    /// Says which of the patterns are for nothing: they may be misspelt.
    fn warn<'a>(&self, app: &App, paths: impl Iterator<Item = &'a str> + Clone) {
        let is_idle = |pattern: &&String| !paths.clone().any(|path| is_among(path, [pattern.as_str()]));
        for pattern in self.ignore.iter().filter(is_idle).filter(|_| !app.quiet) {
            say(&format!("certgate: warning: --ignore {pattern}: no field is called so"));
        }
    }

    fn counts(&self, field: &Field) -> bool {
        field.relation() != Relation::Equal && !self.is_noise(&field.path)
    }

    fn live(&self, app: &App, kind: TaskKind) -> Result<Exit, Failure> {
        if !kind.is_safe_to_repeat() {
            return Err(Failure::usage(format!("{} is not safe to repeat: it is not asked for twice", kind.name())));
        }
        if kind == TaskKind::SessionDelete {
            return Err(Failure::usage(
                "session-delete ends a session, of which each protocol has its own: name another task",
            ));
        }
        let settings = app.settings()?;
        let given = &settings.endpoint(settings.transport.value).origin;
        if given.is_given() && !app.is_offline() {
            return Err(Failure::usage(format!(
                "compare asks both protocols, and {given} is the address of one: use a profile with xml_endpoint and json_endpoint"
            )));
        }
        let home = Home::of(app, &settings)?;
        let id = task_id(&mut home.client(settings.transport.value)?, kind, self.id.as_ref())?;
        let task = read_task(app, kind, id, self.data.as_deref())?;
        let xml = asked(app, &home, Protocol::Xml, &task)?;
        let json = asked(app, &home, Protocol::Json, &task)?;
        let found = fields(&xml, &json);
        self.warn(app, found.iter().map(|field| field.path.as_str()));
        let differences = found.iter().filter(|field| self.counts(field)).count();
        let case = self.case(kind.name(), ["xml", "json"], &found);
        let suite = Suite { name: format!("compare {}", kind.name()), cases: vec![case] };
        suite.write(&self.reports)?;
        if app.json() {
            let rows: Vec<Value> = found.iter().map(|field| self.row(field, ["xml", "json"])).collect();
            app.stdout.print(&json!({ "schema": 1, "task": kind.name(), "fields": rows, "differences": differences }));
        } else {
            suite.cases.iter().for_each(|case| print(app, case));
        }
        verdict(app, differences, "fields differ")
    }

    fn tapes(&self, app: &App, left: &Path, right: &Path) -> Result<Exit, Failure> {
        let Comparison { pairs, only_left, only_right, drift } = tape::compare(left, right)?;
        let names = ["left", "right"];
        let fields = pairs.iter().flat_map(|pair| &pair.fields).map(|field| field.path.as_str());
        self.warn(app, fields.chain(drift.iter().map(|drift| drift.path.as_str())));
        let mut cases: Vec<Case> = pairs
            .iter()
            .map(|pair| self.case(&format!("{} and {}", pair.left, pair.right), names, &pair.fields))
            .collect();
        let drift: Vec<_> = drift.into_iter().filter(|drift| !self.is_noise(&drift.path)).collect();
        if !drift.is_empty() {
            let columns = ["severity", "task", "field", "change", "left", "right"].map(str::to_owned).to_vec();
            let rows = drift.iter().map(|drift| {
                let [before, after] = drift.types.clone();
                let (severity, change) = (drift.relation.severity(), drift.relation.name());
                let cells = [severity, &drift.task, &drift.path, change, &before, &after].map(str::to_owned).to_vec();
                Row { cells, differs: true }
            });
            let problems = drift.iter().map(|drift| {
                format!("{}: {}: {} is {}", drift.relation.severity(), drift.task, drift.path, drift.relation.name())
            });
            cases.insert(
                0,
                Case { name: "drift".to_owned(), problems: problems.collect(), columns, rows: rows.collect() },
            );
        }
        for (side, only) in [("left", &only_left), ("right", &only_right)] {
            let problem = |title: &String| format!("{title} is only on the {side} tape");
            cases.extend(only.iter().map(|title| Case::new(title, vec![problem(title)])));
        }
        let suite = Suite { name: format!("{} and {}", left.display(), right.display()), cases };
        let differences = suite.failed();
        suite.write(&self.reports)?;
        if app.json() {
            let pairs: Vec<Value> = pairs
                .iter()
                .map(|pair| {
                    let differing = pair.fields.iter().filter(|field| field.relation() != Relation::Equal);
                    let rows: Vec<Value> = differing.map(|field| self.row(field, names)).collect();
                    json!({ "left": pair.left, "right": pair.right, "fields": rows })
                })
                .collect();
            let drift: Vec<Value> = drift
                .iter()
                .map(|drift| {
                    json!({ "task": drift.task, "path": drift.path, "change": drift.relation.name(),
                        "severity": drift.relation.severity(), "left": drift.types[0], "right": drift.types[1] })
                })
                .collect();
            app.stdout.print(&json!({ "schema": 1, "exchanges": pairs, "onlyLeft": only_left, "onlyRight": only_right,
                "drift": drift, "differences": differences }));
        } else {
            suite.cases.iter().filter(|case| !case.problems.is_empty()).for_each(|case| print(app, case));
        }
        verdict(app, differences, "exchanges or shapes differ")
    }

    /// How a field stands, for people and scripts.
    fn state(&self, field: &Field, [left, right]: [&str; 2]) -> String {
        let state = match field.relation() {
            Relation::Equal => "equal".to_owned(),
            Relation::Removed => format!("only {left}"),
            Relation::Added => format!("only {right}"),
            Relation::Retyped => "retyped".to_owned(),
            _ => "different".to_owned(),
        };
        if field.relation() != Relation::Equal && self.is_noise(&field.path) {
            format!("{state}, noise")
        } else {
            state
        }
    }

    fn row(&self, field: &Field, names: [&str; 2]) -> Value {
        let mut row = Map::new();
        row.insert("path".to_owned(), field.path.as_str().into());
        row.insert("state".to_owned(), self.state(field, names).into());
        for (name, value) in names.into_iter().zip([&field.left, &field.right]) {
            if let Some(value) = value {
                row.insert(name.to_owned(), value.clone());
            }
        }
        row.into()
    }

    fn case(&self, name: &str, names: [&str; 2], found: &[Field]) -> Case {
        let text = |value: &Option<Value>| match value {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let [left, right] = names;
        let rows = found.iter().map(|field| Row {
            cells: vec![field.path.clone(), self.state(field, names), text(&field.left), text(&field.right)],
            differs: self.counts(field),
        });
        let problem = |field: &Field| format!("{}: {}", field.path, self.state(field, names));
        Case {
            name: name.to_owned(),
            problems: found.iter().filter(|field| self.counts(field)).map(problem).collect(),
            columns: ["field", "state", left, right].map(str::to_owned).to_vec(),
            rows: rows.collect(),
        }
    }
}

/// What the two protocols say of a task by nature not alike.
fn differs_by_nature(kind: TaskKind) -> &'static [&'static str] {
    match kind {
        // XML has none and looks into the queue.
        TaskKind::Hello => &["status.code", "status.text", "object", "data"],
        // XML says nothing of the contact that was changed.
        TaskKind::ContactUpdate => &["data"],
        // There are two families of codes: XML answers 4001xx, JSON 3001xx. The type says what is meant.
        _ if kind.name().starts_with("job-") => &["status.code"],
        _ => &[],
    }
}

/// The whole answer of a protocol, a refusal too.
fn asked(app: &App, home: &Home, protocol: Protocol, task: &AnyTask) -> Result<Value, Failure> {
    let mut client = home.client(protocol)?;
    let exchange = client.exchange(task)?;
    document::warn(app, &exchange.answer.findings);
    Ok(document::response(app, &exchange.answer.value))
}

fn print(app: &App, case: &Case) {
    if case.rows.is_empty() {
        return case.problems.iter().for_each(|problem| app.stdout.line(&printable(problem)));
    }
    app.stdout.line(&printable(&case.name));
    let mut table = Table::new(&app.stdout, case.columns.clone());
    let rows: Vec<Value> = case
        .rows
        .iter()
        .map(|row| {
            case.columns
                .iter()
                .cloned()
                .zip(row.cells.iter().map(|cell| json!(shortened(cell))))
                .collect::<Map<_, _>>()
                .into()
        })
        .collect();
    table.rows(&rows);
}

/// A certificate in a cell would leave no room for anything else.
fn shortened(cell: &str) -> String {
    match cell.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", cell.get(..at).unwrap_or_default()),
        None => cell.to_owned(),
    }
}

const LONGEST: usize = 48;
