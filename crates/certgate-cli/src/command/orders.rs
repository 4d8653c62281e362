//! `certgate orders`.

use certgate_client::Kind;
use certgate_store::{Change, Order, Sqlite, State, Store, Which};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    arguments::Global,
    connection::store,
    document,
    failure::{Failure, printable},
    settings::Settings,
    sure::ask,
    table::Table,
    validation::clean_up,
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
    /// Everything as JSON lines: each order with its story and its messages
    #[command(after_help = "Example:\n  certgate orders export > orders.jsonl")]
    Export,
    /// Decide that an order of unknown outcome never arrived; it can be ordered again then
    #[command(after_help = "Example:\n  certgate orders abandon certgate-57c1d2a4e0b93f68 --yes")]
    Abandon {
        /// The order's id
        id: String,
        /// Do it without asking
        #[arg(long)]
        yes: bool,
    },
    /// Decide that a job of the account is that order of unknown outcome
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
    pub(crate) fn run(self, global: &Global) -> Result<u8, Failure> {
        let path = store(&Settings::of(global)?)?;
        let mut store = Sqlite::open(&path).map_err(certgate_client::Error::from)?;
        let failed = |error: certgate_store::StoreError| Failure::from(certgate_client::Error::from(error));
        let find = |store: &Sqlite, id: &str| -> Result<Order, Failure> {
            let found = store.order(id).map_err(failed)?;
            found.ok_or_else(|| failed(certgate_store::StoreError::NoOrder(id.to_owned())))
        };
        match self.command {
            None => list(global, &store, self.unfinished),
            Some(Doing::Show { id }) => {
                let order = find(&store, &id)?;
                let document = whole(&mut store, &order).map_err(failed)?;
                if global.json() {
                    document::print(&json!({ "schema": 1, "order": document }));
                } else {
                    document::text(&document);
                }
                Ok(0)
            }
            Some(Doing::Export) => {
                let mut orders = Vec::new();
                store.each_order(&Which::All, &mut |order| orders.push(order.order.id)).map_err(failed)?;
                for id in orders {
                    let order = find(&store, &id)?;
                    document::line(&whole(&mut store, &order).map_err(failed)?.to_string());
                }
                Ok(0)
            }
            Some(Doing::Abandon { id, yes }) => {
                let order = find(&store, &id)?;
                ask(
                    yes,
                    &format!(
                        "Give up order {id} ({})? Do it only when it is sure that it never arrived.",
                        order.state.as_str()
                    ),
                )?;
                self::note(&mut store, &order, State::Abandoned, None, "given up by hand")?;
                clean_up(&mut store, &id, &|text| eprintln!("{}", printable(text)))?;
                document::line(&format!("{id}  abandoned"));
                Ok(0)
            }
            Some(Doing::Adopt { id, job }) => {
                let order = find(&store, &id)?;
                self::note(&mut store, &order, State::Accepted, Some(job), &format!("job {job}, by hand"))?;
                document::line(&format!("{id}  accepted: carry on with: certgate resume {id}"));
                Ok(0)
            }
        }
    }
}

fn note(store: &mut Sqlite, order: &Order, state: State, job: Option<i64>, detail: &str) -> Result<(), Failure> {
    let change = Change { state, job, stid: None, certificate: None, detail: detail.to_owned() };
    store
        .change(&order.order.id, &change, certgate_client::unix_now())
        .map_err(|error| Failure::from(certgate_client::Error::from(error)))
}

fn list(global: &Global, store: &Sqlite, unfinished: bool) -> Result<u8, Failure> {
    let mut rows = Vec::new();
    let mut count = 0;
    let mut table =
        Table::new(["id", "state", "task", "certificate", "name", "job", "updated"].map(str::to_owned).to_vec());
    store
        .each_order(&Which::All, &mut |order| {
            if unfinished && order.state.is_finished() {
                return;
            }
            if global.json() {
                document::piece(if count == 0 { "{\"schema\":1,\"orders\":[\n" } else { ",\n" });
                document::piece(&row(&order).to_string());
            } else {
                rows.push(row(&order));
            }
            count += 1;
        })
        .map_err(|error| Failure::from(certgate_client::Error::from(error)))?;
    if global.json() {
        document::piece(if count == 0 { "{\"schema\":1,\"orders\":[]}\n" } else { "]}\n" });
    } else {
        table.rows(&rows);
    }
    Ok(if count == 0 { Kind::Unchanged.exit_code() } else { 0 })
}

fn row(order: &Order) -> Value {
    let mut row = json!({
        "id": order.order.id,
        "state": order.state.as_str(),
        "task": order.order.task,
        "account": order.order.account,
        "created": document::time(order.created),
        "updated": document::time(order.updated),
    });
    for (name, value) in [
        ("certificate", json!(order.order.certificate)),
        ("name", json!(order.order.name)),
        ("product", json!(order.order.product)),
        ("job", json!(order.job)),
        ("stid", json!(order.stid)),
        ("batch", json!(order.order.batch)),
    ] {
        if !value.is_null() {
            row[name] = value;
        }
    }
    row
}

/// An order with its story and its messages.
fn whole(store: &mut Sqlite, order: &Order) -> Result<Value, certgate_store::StoreError> {
    let mut document = row(order);
    let story = store.story(&order.order.id)?;
    document["story"] = story
        .iter()
        .map(|line| json!({ "time": document::time(line.time), "state": line.state.as_str(), "detail": line.detail }))
        .collect();
    let messages = store.messages_of(&order.order.id)?;
    document["messages"] = messages
        .iter()
        .map(|message| {
            let mut shown = json!({
                "id": message.stable_id,
                "received": document::time(message.received),
                "message": serde_json::from_str::<Value>(&message.message.document).unwrap_or_default(),
            });
            if let Some(confirmed) = message.confirmed {
                shown["confirmed"] = json!(document::time(confirmed));
            }
            shown
        })
        .collect();
    if let Some(published) = &order.published {
        document["published"] = serde_json::from_str::<Value>(published).unwrap_or_default();
    }
    if let Some(csr) = &order.order.csr {
        document["csr"] = json!(csr);
    }
    Ok(document)
}
