//! Tables for people: columns that fit the terminal.

use certgate_wire::one_line;
use console::{Alignment, Term, measure_text_width, pad_str, truncate_str};
use serde_json::Value;

use crate::streams::{Stdout, say};

/// A table whose rows come in pages; the first page settles how wide its columns are.
pub(crate) struct Table<'a> {
    stdout: &'a Stdout,
    columns: Vec<String>,
    widths: Vec<usize>,
    /// The columns that begin a further line of each row, where not all fit into one.
    breaks: Vec<usize>,
    /// How wide a line may be; `None` if the output is no terminal.
    terminal: Option<usize>,
}

/// Between two columns, and before a further line of a row.
const GAP: &str = "  ";
/// No column is cut to less than this: rather a row takes several lines.
const NARROWEST: usize = 12;

impl<'a> Table<'a> {
    /// With those columns; a dot leads into a record: `job.status`.
    pub(crate) fn new(stdout: &'a Stdout, columns: Vec<String>) -> Self {
        let terminal = Term::stdout();
        let terminal = terminal.is_term().then(|| usize::from(terminal.size().1));
        Self { stdout, columns, widths: Vec::new(), breaks: Vec::new(), terminal }
    }

    /// Says which columns none of these rows has, and what they do have.
    pub(crate) fn warn_of_strangers(&self, rows: &[Value]) {
        let fields = rows.first().and_then(Value::as_object);
        for column in self.columns.iter().filter(|column| rows.iter().all(|row| value(row, column).is_none())) {
            let known = fields.into_iter().flatten().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
            if !known.is_empty() {
                say(&format!("certgate: warning: no row here has `{column}`; the first one has {known}"));
            }
        }
    }

    /// Prints rows, all at once.
    pub(crate) fn rows(&mut self, rows: &[Value]) {
        self.cells(rows.iter().map(|row| self.columns.iter().map(|column| cell(row, column)).collect()).collect());
    }

    /// Prints rows whose cells are texts fit for a terminal, one a column.
    pub(crate) fn cells(&mut self, cells: Vec<Vec<String>>) {
        let mut lines = String::new();
        if self.widths.is_empty() && !cells.is_empty() {
            let width = |at: usize, name: &String| {
                let widest = cells.iter().filter_map(|row| row.get(at)).map(|cell| measure_text_width(cell)).max();
                widest.unwrap_or_default().max(measure_text_width(name))
            };
            self.widths = self.columns.iter().enumerate().map(|(at, name)| width(at, name)).collect();
            self.fit();
            lines += &self.line(&self.columns);
        }
        lines.extend(cells.iter().map(|row| self.line(row)));
        self.stdout.piece(&lines);
    }

    /// Takes from the widest column until all fit. Where they do not, they go into several lines, as they were.
    fn fit(&mut self) {
        let Some(terminal) = self.terminal else { return };
        let gaps = GAP.len() * self.widths.len().saturating_sub(1);
        let natural = self.widths.clone();
        while self.widths.iter().sum::<usize>() + gaps > terminal {
            let cut = self.widths.iter_mut().zip(&self.columns).filter(|(_, column)| !is_whole(column));
            match cut.map(|(width, _)| width).max() {
                Some(widest) if *widest > NARROWEST => *widest -= 1,
                _ => {
                    self.widths = natural;
                    return self.break_lines(terminal);
                }
            }
        }
    }

    fn break_lines(&mut self, terminal: usize) {
        let mut used = 0;
        for (at, (width, column)) in self.widths.iter_mut().zip(&self.columns).enumerate() {
            if at > 0 && used + GAP.len() + *width > terminal {
                self.breaks.push(at);
                used = 0;
            }
            if !is_whole(column) {
                *width = terminal.saturating_sub(GAP.len()).min(*width);
            }
            used += GAP.len() + *width;
        }
    }

    fn line(&self, cells: &[String]) -> String {
        let mut line = String::new();
        for (at, ((cell, width), column)) in cells.iter().zip(&self.widths).zip(&self.columns).enumerate() {
            if self.breaks.contains(&at) {
                line.truncate(line.trim_end().len());
                line.push('\n');
            }
            if at > 0 {
                line += GAP;
            }
            let is_cut = self.terminal.is_some() && !is_whole(column);
            let cell = if is_cut { truncate_str(cell, *width, "…") } else { cell.into() };
            line += &pad_str(&cell, *width, Alignment::Left, None);
        }
        format!("{}\n", line.trim_end())
    }
}

/// Whether a column is never cut: what it holds is given to other commands, and half of it is none.
fn is_whole(column: &str) -> bool {
    let name = column.rsplit('.').next().unwrap_or_default();
    const IDS: [&str; 10] =
        ["id", "name", "order", "orderId", "certificate", "job", "ctid", "stid", "stableId", "serial"];
    // A path, a record's value, a command.
    const TEXTS: [&str; 5] = ["folder", "out", "origin", "value", "todo"];
    IDS.contains(&name) || TEXTS.contains(&name)
}

fn value<'v>(row: &'v Value, column: &str) -> Option<&'v Value> {
    column.split('.').try_fold(row, |value, name| value.get(name))
}

fn cell(row: &Value, column: &str) -> String {
    let text = match value(row, column) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(record)) if record.contains_key("id") => {
            record.get("id").map(ToString::to_string).unwrap_or_default()
        }
        Some(other) => other.to_string(),
    };
    one_line(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Table, cell};
    use crate::streams::Stdout;

    #[test]
    fn cells() {
        let row = json!({ "id": 571, "job": { "status": "RUNNING" }, "adminContact": { "id": 7, "fname": "x" }, "text": "a\nb\u{1b}c" });
        for (column, expected) in
            [("id", "571"), ("job.status", "RUNNING"), ("adminContact", "7"), ("text", "a␊b<U+001B>c"), ("none", "")]
        {
            assert_eq!(cell(&row, column), expected, "{column}");
        }
    }

    #[test]
    fn columns_fit_the_terminal_and_names_and_ids_stay_whole() {
        let fitted = |columns: [&str; 3], widths: [usize; 3], terminal| {
            let columns = columns.map(str::to_owned).to_vec();
            let stdout = Stdout::default();
            let mut table =
                Table { columns, widths: widths.to_vec(), terminal: Some(terminal), ..Table::new(&stdout, vec![]) };
            table.fit();
            (table.widths, table.breaks)
        };
        assert_eq!(fitted(["a", "b", "c"], [40, 10, 30], 60), (vec![23, 10, 23], vec![]));
        assert_eq!(fitted(["job.id", "name", "product"], [20, 40, 30], 76), (vec![20, 40, 12], vec![]));
        assert_eq!(fitted(["job.id", "name", "product"], [20, 40, 30], 70), (vec![20, 40, 30], vec![2]));
        assert_eq!(fitted(["id", "orderId", "certificate"], [40, 40, 40], 10), (vec![40, 40, 40], vec![1, 2]));
        assert_eq!(fitted(["a", "b", "c"], [40, 10, 30], 20), (vec![18, 10, 18], vec![1, 2]));
    }

    #[test]
    fn a_row_of_several_lines() {
        let stdout = Stdout::default();
        let columns = ["id", "state", "updated"].map(str::to_owned).to_vec();
        let table = Table {
            columns,
            widths: vec![6, 5, 8],
            breaks: vec![2],
            terminal: Some(16),
            ..Table::new(&stdout, vec![])
        };
        let row = ["id-12345".to_owned(), "finished".to_owned(), "today".to_owned()];
        assert_eq!(table.line(&row), "id-12345  fini…\n  today\n");
    }
}
