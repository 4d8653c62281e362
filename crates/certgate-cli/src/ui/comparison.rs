//! What was compared, as it is shown.

use std::path::Path;

use certgate::tape::{
    Comparison, Drift, Noise, Pair,
    difference::{Field, Relation},
};
use serde_json::{Map, Value, json};

use super::{
    reports::{Case, Reports, Row, Suite, verdict},
    table::Table,
};
use crate::{
    app::App,
    exit::{Exit, Failure},
    streams::{printable, say},
};

/// Two answers, field by field.
pub(crate) struct Compared<'c> {
    pub(crate) name: &'c str,
    /// What the two are called.
    pub(crate) sides: [&'c str; 2],
    pub(crate) fields: &'c [Field],
}

/// Shows what was compared, and writes the reports that are asked for.
pub(crate) struct Shown<'s> {
    pub(crate) app: &'s App,
    /// What does not count.
    pub(crate) noise: &'s Noise,
    pub(crate) reports: &'s Reports,
}

impl Shown<'_> {
    /// Prints the answers of both protocols to one task.
    pub(crate) fn task(&self, compared: &Compared<'_>) -> Result<Exit, Failure> {
        let Compared { name, sides, fields } = compared;
        self.warn(fields.iter().map(|field| field.path.as_str()));
        let differences = fields.iter().filter(|field| self.noise.counts(field)).count();
        let suite = Suite { name: format!("compare {name}"), cases: vec![self.case(compared)] };
        suite.write(self.reports)?;
        if self.app.json() {
            let rows: Vec<Value> = fields.iter().map(|field| self.row(field, *sides)).collect();
            let document = json!({ "schema": 1, "task": name, "fields": rows, "differences": differences });
            self.app.stdout.print(&document);
        } else {
            suite.cases.iter().for_each(|case| print(self.app, case));
        }
        verdict(self.app, differences, "fields differ")
    }

    /// Prints the answers of both protocols to a task that was asked several times: those that differ.
    pub(crate) fn all(&self, task: &str, asked: &[(String, Vec<Field>)]) -> Result<Exit, Failure> {
        let sides = ["xml", "json"];
        self.warn(asked.iter().flat_map(|(_, fields)| fields).map(|field| field.path.as_str()));
        let cases = asked.iter().map(|(name, fields)| self.case(&Compared { name, sides, fields })).collect();
        let suite = Suite { name: format!("compare {task}"), cases };
        let differences = suite.failed();
        let exchanges =
            || asked.iter().map(|(name, fields)| self.exchange(name, name, fields, sides)).collect::<Value>();
        let document = || json!({ "schema": 1, "task": task, "exchanges": exchanges(), "differences": differences });
        self.end(&suite, document, "exchanges differ")
    }

    /// Prints two tapes that were compared: the exchanges that differ, and how the shape of answers drifted.
    pub(crate) fn tapes(&self, left: &Path, right: &Path, compared: Comparison) -> Result<Exit, Failure> {
        let Comparison { pairs, only_left, only_right, drift } = compared;
        let sides = ["left", "right"];
        let fields = pairs.iter().flat_map(|pair| &pair.fields).map(|field| field.path.as_str());
        self.warn(fields.chain(drift.iter().map(|drift| drift.path.as_str())));
        let case = |pair: &Pair| {
            let name = format!("{} and {}", pair.left, pair.right);
            self.case(&Compared { name: &name, sides, fields: &pair.fields })
        };
        let mut cases: Vec<Case> = pairs.iter().map(case).collect();
        let drift: Vec<Drift> = drift.into_iter().filter(|drift| !self.noise.holds(&drift.path)).collect();
        if !drift.is_empty() {
            cases.insert(0, drifted(&drift));
        }
        for (side, only) in [("left", &only_left), ("right", &only_right)] {
            let problem = |title: &String| format!("{title} is only on the {side} tape");
            cases.extend(only.iter().map(|title| Case::new(title, vec![problem(title)])));
        }
        let suite = Suite { name: format!("{} and {}", left.display(), right.display()), cases };
        let differences = suite.failed();
        let document = || {
            let pairs: Vec<Value> =
                pairs.iter().map(|pair| self.exchange(&pair.left, &pair.right, &pair.fields, sides)).collect();
            let drift: Vec<Value> = drift
                .iter()
                .map(|drift| {
                    json!({ "task": drift.task, "path": drift.path, "change": drift.relation.name(),
                        "severity": drift.relation.severity(), "left": drift.types[0], "right": drift.types[1] })
                })
                .collect();
            json!({ "schema": 1, "exchanges": pairs, "onlyLeft": only_left, "onlyRight": only_right,
                "drift": drift, "differences": differences })
        };
        self.end(&suite, document, "exchanges or shapes differ")
    }

    /// Writes the reports, prints what differs or that nothing does, and gives the exit code.
    fn end(&self, suite: &Suite, document: impl FnOnce() -> Value, what: &str) -> Result<Exit, Failure> {
        suite.write(self.reports)?;
        if self.app.json() {
            self.app.stdout.print(&document());
        } else if suite.failed() == 0 && !suite.cases.is_empty() {
            self.app.stdout.line("equal");
        } else {
            let differing = suite.cases.iter().filter(|case| !case.problems.is_empty());
            differing.for_each(|case| print(self.app, case));
        }
        if suite.cases.is_empty() {
            return Ok(Exit::unchanged("there is nothing to compare"));
        }
        verdict(self.app, suite.failed(), what)
    }

    /// The fields in which two exchanges differ.
    fn exchange(&self, left: &str, right: &str, fields: &[Field], sides: [&str; 2]) -> Value {
        let differing = fields.iter().filter(|field| field.relation() != Relation::Equal);
        let rows: Vec<Value> = differing.map(|field| self.row(field, sides)).collect();
        json!({ "left": left, "right": right, "fields": rows })
    }

    /// Says which of the patterns that somebody named are for nothing.
    fn warn<'a>(&self, paths: impl Iterator<Item = &'a str> + Clone) {
        for pattern in self.noise.idle(paths).filter(|_| !self.app.quiet) {
            say(&format!("certgate: warning: --ignore {pattern}: no field is called so"));
        }
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
        if field.relation() != Relation::Equal && self.noise.holds(&field.path) {
            format!("{state}, noise")
        } else {
            state
        }
    }

    fn row(&self, field: &Field, sides: [&str; 2]) -> Value {
        let mut row = Map::new();
        row.insert("path".to_owned(), field.path.as_str().into());
        row.insert("state".to_owned(), self.state(field, sides).into());
        for (name, value) in sides.into_iter().zip([&field.left, &field.right]) {
            if let Some(value) = value {
                row.insert(name.to_owned(), value.clone());
            }
        }
        row.into()
    }

    fn case(&self, Compared { name, sides, fields }: &Compared<'_>) -> Case {
        let text = |value: &Option<Value>| match value {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let [left, right] = *sides;
        let rows = fields.iter().map(|field| Row {
            cells: vec![field.path.clone(), self.state(field, *sides), text(&field.left), text(&field.right)],
            differs: self.noise.counts(field),
        });
        let problem = |field: &Field| format!("{}: {}", field.path, self.state(field, *sides));
        Case {
            name: (*name).to_owned(),
            problems: fields.iter().filter(|field| self.noise.counts(field)).map(problem).collect(),
            columns: ["field", "state", left, right].map(str::to_owned).to_vec(),
            rows: rows.collect(),
        }
    }
}

/// How the shape of answers drifted from one tape to the other.
fn drifted(drift: &[Drift]) -> Case {
    let rows = drift.iter().map(|drift| {
        let [before, after] = drift.types.clone();
        let (severity, change) = (drift.relation.severity(), drift.relation.name());
        let cells = [severity, &drift.task, &drift.path, change, &before, &after].map(str::to_owned).to_vec();
        Row { cells, differs: true }
    });
    let problems = drift.iter().map(|drift| {
        format!("{}: {}: {} is {}", drift.relation.severity(), drift.task, drift.path, drift.relation.name())
    });
    Case {
        name: "drift".to_owned(),
        problems: problems.collect(),
        columns: ["severity", "task", "field", "change", "left", "right"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
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
