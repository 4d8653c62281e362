//! Lists: what is asked for, page by page, and its rows as they come.

use certgate::Client;
use certgate_domain::{
    AnyTask, Lenient, Query, QueryFilter, QueryOrder, QueryView,
    words::{Operator, OrderMode},
};
use certgate_wire::{Finding, Limits};
use clap::Args;
use serde_json::Value;

use crate::{
    app::{App, Connection},
    exit::{Exit, Failure},
    streams::say,
    ui::{document, table::Table},
};

/// What a list is asked for.
#[derive(Debug, Args)]
pub(crate) struct Listing {
    /// Only rows that fit: KEY=VALUE (`*` stands for any text), KEY!=VALUE, KEY>VALUE, KEY>=VALUE, KEY<VALUE, KEY<=VALUE
    #[arg(long, value_name = "CONDITION", value_parser = condition)]
    filter: Vec<QueryFilter>,
    /// Sort by that key, KEY or KEY:desc
    #[arg(long, value_name = "KEY", value_parser = order)]
    order: Vec<QueryOrder>,
    /// So many rows at most, up to 1000 of them a request; with --all so many a request [default: 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    limit: Option<i64>,
    /// After so many rows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..), default_value = "0")]
    offset: i64,
    /// Every row, page after page, at the gateway's pace
    #[arg(long)]
    all: bool,
    /// The subusers' as well
    #[arg(long)]
    children: bool,
    /// Ask for that field as well
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<String>,
    /// The columns of the table
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = column)]
    columns: Vec<String>,
}

/// Rows a request by default: as many as the XML gateway gives by itself.
const PAGE: i64 = 100;

/// Rows a request at most: more of them may be refused as too much for one answer.
const MOST: i64 = 1000;

fn condition(text: &str) -> Result<QueryFilter, String> {
    let expected = || "expected KEY=VALUE, with one of = != > >= < <=".to_owned();
    let at = text.find(['=', '!', '<', '>']).filter(|at| *at > 0).ok_or_else(expected)?;
    let (key, rest) = text.split_at(at);
    let operators = [
        ("!=", Operator::NotEqual),
        (">=", Operator::GreaterEqual),
        ("<=", Operator::LessEqual),
        (">", Operator::Greater),
        ("<", Operator::Less),
        ("=", Operator::Equal),
    ];
    let found = operators.into_iter().find_map(|(sign, operator)| Some((operator, rest.strip_prefix(sign)?)));
    let (operator, value) = found.ok_or_else(expected)?;
    if value.is_empty() {
        return Err("expected a value behind the sign; no protocol tells what an empty one would mean".to_owned());
    }
    let operator = if operator == Operator::Equal && value.contains('*') { Operator::Like } else { operator };
    Ok(QueryFilter::new(key.trim(), operator, value))
}

fn column(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("expected the name of a field, such as id or job.status".to_owned()),
        name => Ok(name.to_owned()),
    }
}

fn order(text: &str) -> Result<QueryOrder, String> {
    let (key, mode) = match text.rsplit_once(':') {
        None => (text, OrderMode::Asc),
        Some((key, "asc")) => (key, OrderMode::Asc),
        Some((key, "desc")) => (key, OrderMode::Desc),
        Some(_) => return Err("expected KEY, KEY:asc or KEY:desc".to_owned()),
    };
    Ok(QueryOrder { key: Some(key.to_owned()), r#type: Some(mode), ins: Vec::new() })
}

impl Listing {
    /// Of these the rows that fit `filters`, too, sorted by that key where no other is given.
    pub(crate) fn of(mut self, filters: impl IntoIterator<Item = QueryFilter>, key: &str) -> Self {
        self.filter.extend(filters);
        if self.order.is_empty() {
            self.order.push(QueryOrder { key: Some(key.to_owned()), r#type: Some(OrderMode::Asc), ins: Vec::new() });
        }
        self
    }

    /// The rows of one request, after so many of them.
    fn query(&self, offset: i64, rows: i64) -> Query {
        let children = self.children.then_some(Lenient::Parsed(true));
        let view = Some(QueryView { children, ..QueryView::default() });
        Query { view, orders: self.order.clone(), ..Query::all_of(self.filter.clone()) }.window(offset, rows)
    }

    /// Asks for the rows and prints each as it comes: memory does not grow with the list.
    pub(crate) fn run(
        &self,
        app: &App,
        mut connection: Connection,
        columns: &[&str],
        task: impl Fn(Query) -> AnyTask,
    ) -> Result<Exit, Failure> {
        let client = &mut connection.client;
        client.options_mut().keys.clone_from(&self.keys);
        let mut rows = Rows::new(app, self.columns(columns));
        let limit = self.limit.unwrap_or(PAGE);
        let mut offset = self.offset;
        loop {
            let left = if self.all { limit } else { limit - (offset - self.offset) };
            let asked = left.min(MOST);
            let page = match page(app, client, &task(self.query(offset, asked))) {
                Ok(page) => page,
                Err(failure) => return Err(rows.broken_off(failure)),
            };
            let count = page.rows.len();
            offset += i64::try_from(count).unwrap_or(i64::MAX);
            let total = page.total;
            if !rows.begun && !self.columns.is_empty() && !app.json() && !app.quiet {
                rows.table.warn_of_strangers(&page.rows);
            }
            rows.show(page);
            let is_last = count == 0
                || match total {
                    Some(total) => offset >= total,
                    None => (count as i64) < asked,
                };
            let has_all = !self.all && offset - self.offset >= limit;
            if has_all && !is_last && !app.quiet {
                let more = match total {
                    Some(total) => format!("{} of {total} rows are shown", rows.shown),
                    None => format!("{} rows are shown, and there may be more", rows.shown),
                };
                say(&format!("certgate: {more}: --all shows every row, --offset {offset} the next ones"));
            }
            if is_last || has_all || app.stdout.is_cut_off() {
                break;
            }
        }
        rows.finish()
    }

    fn columns(&self, usual: &[&str]) -> Vec<String> {
        if self.columns.is_empty() {
            return usual.iter().map(|name| (*name).to_owned()).chain(self.keys.clone()).collect();
        }
        self.columns.clone()
    }
}

/// The answer to one request of a list.
struct Page {
    /// The answer without its rows.
    envelope: Value,
    rows: Vec<Value>,
    total: Option<i64>,
    findings: Vec<Finding>,
}

fn page(app: &App, client: &mut Client, task: &AnyTask) -> Result<Page, Failure> {
    let exchange = client.exchange(task)?;
    let exchange = client.accepted(task.kind(), exchange)?;
    let mut envelope = document::response(app, &exchange.answer.value);
    let rows = match envelope.as_object_mut().and_then(|fields| fields.remove("data")) {
        Some(Value::Array(rows)) => rows,
        _ => Vec::new(),
    };
    let total = exchange.answer.value.object.and_then(|object| object.summary);
    Ok(Page { envelope, rows, total, findings: exchange.answer.findings })
}

/// The rows on their way out: a table, or the one JSON document piece by piece.
struct Rows<'a> {
    app: &'a App,
    table: Table<'a>,
    shown: usize,
    begun: bool,
    findings: Vec<Finding>,
}

impl<'a> Rows<'a> {
    fn new(app: &'a App, columns: Vec<String>) -> Self {
        Self { app, table: Table::new(&app.stdout, columns), shown: 0, begun: false, findings: Vec::new() }
    }

    fn show(&mut self, page: Page) {
        let Page { envelope, rows, total: _, findings } = page;
        self.findings.extend(findings.into_iter().take(Limits::FINDINGS.saturating_sub(self.findings.len())));
        if self.app.json() {
            if !self.begun {
                self.app.stdout.json_piece("{\"schema\":1,\"response\":{");
                for (name, value) in envelope.as_object().into_iter().flatten() {
                    self.app.stdout.json_piece(&format!("{}:{value},", Value::from(name.as_str())));
                }
                self.app.stdout.json_piece("\"data\":[");
            }
            for row in &rows {
                self.app.stdout.json_piece(if self.shown == 0 { "\n" } else { ",\n" });
                self.app.stdout.json_piece(&row.to_string());
                self.shown += 1;
            }
        } else {
            self.table.rows(&rows);
            self.shown += rows.len();
        }
        self.begun = true;
    }

    /// A list that cannot be had whole: the document is closed, with the error in it.
    fn broken_off(self, failure: Failure) -> Failure {
        if !self.begun || !self.app.json() {
            return failure;
        }
        let failure = self.app.reported(failure);
        self.app.stdout.json_piece(&format!(
            "]}},\"findings\":{},\"error\":{}}}\n",
            document::findings(&self.findings),
            failure.error()
        ));
        failure.said()
    }

    fn finish(self) -> Result<Exit, Failure> {
        if self.app.json() {
            self.app.stdout.json_piece(&format!("]}},\"findings\":{}}}\n", document::findings(&self.findings)));
        }
        document::judge(self.app, &self.findings)?;
        Ok(if self.shown == 0 { Exit::unchanged("no row fits") } else { Exit::DONE })
    }
}

#[cfg(test)]
mod tests {
    use certgate_domain::words::Operator;

    use super::{condition, order};

    #[test]
    fn conditions() {
        for (text, key, operator, value) in [
            ("name=example.com", "name", Operator::Equal, "example.com"),
            ("name=*.com", "name", Operator::Like, "*.com"),
            ("name!=a=b", "name", Operator::NotEqual, "a=b"),
            ("expire<=2019-01-01", "expire", Operator::LessEqual, "2019-01-01"),
            ("id>5", "id", Operator::Greater, "5"),
        ] {
            let filter = condition(text).unwrap();
            assert_eq!(
                (filter.key.as_deref(), filter.operator, filter.value.as_deref()),
                (Some(key), Some(operator), Some(value))
            );
        }
        for bad in ["", "name", "=x", "name!x", "comment="] {
            assert!(condition(bad).is_err(), "{bad}");
        }
        assert!(order("name:up").is_err() && order("name:desc").is_ok());
    }
}
