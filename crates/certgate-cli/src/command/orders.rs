//! `certgate orders`.

use std::path::Path;

use certgate::Journal;
use certgate_store::{Change, Message, NewOrder, Order, Sqlite, State, Store, StoreError, Which};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    app::{App, store},
    exit::{Exit, Failure},
    streams::{printable, say},
    ui::{
        advice::clean_up,
        confirm::ask,
        document,
        outcome::{self, shell_word},
        table::Table,
    },
};

/// The orders of the store: where each stands, and what happened to it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate orders --unfinished
  certgate orders show certgate-57c1d2a4e0b93f68")]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Orders {
    #[command(subcommand)]
    command: Option<Doing>,
    /// Only those that are not finished
    #[arg(long)]
    unfinished: bool,
}

#[derive(Debug, Subcommand)]
enum Doing {
    /// What happened to an order, and the messages about it
    #[command(after_help = "Example:\n  certgate orders show certgate-57c1d2a4e0b93f68")]
    Show {
        /// The order's id
        id: String,
    },
    /// Everything as JSON lines: each order with its story and its messages, then the messages about no order
    #[command(after_help = "Example:\n  certgate orders export > orders.jsonl")]
    Export,
    /// Give up an order of unknown outcome that never arrived, or a certificate that fails its checks; it can be ordered
    /// again then
    #[command(after_help = "Example:\n  certgate orders abandon certgate-57c1d2a4e0b93f68 --yes")]
    Abandon {
        /// The order's id
        id: String,
        /// Do it without asking
        #[arg(short, long)]
        yes: bool,
    },
    /// Decide that a job of the account is that order of unknown outcome; `certgate resume` looks at that job then
    #[command(after_help = "Example:\n  certgate orders adopt certgate-57c1d2a4e0b93f68 --job 4297539521")]
    Adopt {
        /// The order's id
        id: String,
        /// The job's id
        #[arg(long, value_name = "JOB")]
        job: i64,
    },
}

impl Orders {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let path = store(&app.settings()?)?;
        let mut store = Sqlite::open(&path).map_err(certgate::Error::from)?;
        let failed = |error: StoreError| Failure::from(certgate::Error::from(error));
        let find = |store: &Sqlite, id: &str| -> Result<Order, Failure> {
            let found = store.order(id).map_err(failed)?;
            found.ok_or_else(|| failed(StoreError::NoOrder(id.to_owned())))
        };
        match self.command {
            None => list(app, &store, self.unfinished),
            Some(Doing::Show { id }) => {
                let order = find(&store, &id)?;
                let document = whole(&mut store, &order).map_err(failed)?;
                if app.json() {
                    app.stdout.print(&json!({ "schema": 1, "order": document }));
                } else {
                    document::text(app, &document);
                }
                Ok(Exit::DONE)
            }
            Some(Doing::Export) => {
                let mut orders = Vec::new();
                store.each_order(&Which::All, &mut |order| orders.push(order.order.id)).map_err(failed)?;
                for id in orders {
                    let order = find(&store, &id)?;
                    app.stdout.line(&whole(&mut store, &order).map_err(failed)?.to_string());
                }
                let mut line = |message: Message| {
                    let mut row = kept(&message);
                    row["account"] = json!(message.message.account);
                    app.stdout.line(&row.to_string());
                };
                store.each_foreign(&mut line).map_err(failed)?;
                Ok(Exit::DONE)
            }
            Some(Doing::Abandon { id, yes }) => {
                let order = find(&store, &id)?;
                // It is over, and what was published for it cannot be removed.
                let is_over = order.state.is_finished() && !order.published.is_empty();
                let only = match order.state {
                    _ if is_over => "what was published for it is gone, or may stay",
                    State::Issued => "its certificate will never pass the checks",
                    _ => "it is sure that it never arrived",
                };
                ask(yes, &format!("Give up order {id} ({})? Do it only when {only}.", order.state.as_str()))?;
                if !is_over {
                    taken(&path, &order)?.note(&id, State::Abandoned, "given up by hand")?;
                }
                if !clean_up(&mut store, &id, &say)? && is_over {
                    store.record_validation_steps(&id, &[]).map_err(failed)?;
                }
                let state = if is_over { order.state } else { State::Abandoned };
                if app.json() {
                    app.stdout.print(&json!({ "schema": 1, "order": outcome::order(&find(&store, &id)?) }));
                } else {
                    app.stdout.line(&format!("{id}  {}", state.as_str()));
                }
                Ok(Exit::DONE)
            }
            Some(Doing::Adopt { id, job }) => {
                let order = find(&store, &id)?;
                let owner = store.order_of_job(&order.order.account, job).map_err(failed)?;
                if let Some(owner) = owner.filter(|owner| owner.order.id != id) {
                    let owner = owner.order.id;
                    return Err(Failure::usage(format!(
                        "job {job} is that of order {owner}: see certgate orders show {owner}"
                    )));
                }
                // Its outcome stays unknown until the job was looked at, so that a mistake can be taken back.
                let detail = format!("job {job}, named by hand");
                let change = Change { state: State::Unknown, job: Some(job), stid: None, certificate: None, detail };
                taken(&path, &order)?.change(&id, &change)?;
                let resume = format!("certgate resume {}", shell_word(&id));
                if app.json() {
                    let order = outcome::order(&find(&store, &id)?);
                    app.stdout.print(&json!({ "schema": 1, "order": order, "resume": resume }));
                } else {
                    app.stdout.line(&format!("{id}  is job {job}: carry on with: {resume}"));
                }
                Ok(Exit::DONE)
            }
        }
    }
}

/// The store with that order taken over, which no living process may have.
fn taken(path: &Path, order: &Order) -> Result<Journal, Failure> {
    let mut journal = Journal::open(path, &order.order.account)?;
    if journal.acquire(&order.order.id)? { Ok(journal) } else { Err(Failure::held(&order.order.id)) }
}

fn list(app: &App, store: &Sqlite, unfinished: bool) -> Result<Exit, Failure> {
    // There may be ten thousand: each is text at once, and all are printed at once.
    let (mut rows, mut lines) = (Vec::new(), Vec::new());
    let mut each = |order: Order| {
        if unfinished && order.state.is_finished() && order.published.is_empty() {
            return;
        }
        if app.json() {
            lines.push(json!({ "order": row(&order) }).to_string());
        } else {
            rows.push(cells(order));
        }
    };
    let failed = |error| Failure::from(certgate::Error::from(error));
    store.each_order(&Which::All, &mut each).map_err(failed)?;
    let count = rows.len() + lines.len();
    if app.json() {
        app.stdout.line(&format!("{{\"schema\":1,\"orders\":[{}]}}", lines.join(",\n")));
    } else {
        let columns = ["id", "state", "task", "certificate", "name", "job", "updated"];
        Table::new(&app.stdout, columns.map(str::to_owned).to_vec()).cells(rows);
    }
    Ok(if count == 0 { Exit::unchanged("no order is in the store") } else { Exit::DONE })
}

/// What the table shows of an order.
fn cells(order: Order) -> Vec<String> {
    let Order { order: NewOrder { id, task, certificate, name, .. }, state, job, updated, .. } = order;
    let number = |number: Option<i64>| number.map_or_else(String::new, |number| number.to_string());
    let name = printable(&name.unwrap_or_default());
    vec![id, state.as_str().to_owned(), task, number(certificate), name, number(job), document::time(updated)]
}

/// A row: an order as everywhere, with what only the store knows of it.
fn row(order: &Order) -> Value {
    let mut row = outcome::order(order);
    row["account"] = json!(order.order.account);
    for (name, value) in [("product", &order.order.product), ("stid", &order.stid), ("batch", &order.order.batch)] {
        outcome::set(&mut row, name, json!(value));
    }
    row
}

/// An order with its story and its messages.
fn whole(store: &mut Sqlite, order: &Order) -> Result<Value, certgate_store::StoreError> {
    let mut document = row(order);
    let story = store.history(&order.order.id)?;
    document["story"] = story
        .iter()
        .map(|line| json!({ "time": document::time(line.time), "state": line.state.as_str(), "detail": line.detail }))
        .collect();
    let messages = store.messages_of(&order.order.id)?;
    document["messages"] = messages.iter().map(kept).collect();
    if !order.published.is_empty() {
        document["published"] = json!(order.published);
    }
    if let Some(csr) = &order.order.csr {
        document["csr"] = json!(csr);
    }
    Ok(document)
}

/// A message as it is kept.
fn kept(message: &Message) -> Value {
    let mut shown = json!({
        "id": message.stable_id,
        "received": document::time(message.received),
        "message": serde_json::from_str::<Value>(&message.message.document).unwrap_or_default(),
    });
    for (name, time) in [("confirmed", message.confirmed), ("taken", message.taken)] {
        if let Some(time) = time {
            shown[name] = json!(document::time(time));
        }
    }
    shown
}
