//! `certgate orders`.

use certgate::{Adoption, OrderBook};
use clap::{Args, Subcommand};

use crate::{
    app::{App, store},
    args::order_selection::OrderSelection,
    exit::{Exit, Failure},
    streams::say_migrated,
    ui::{command_line::options_of_order, orders, progress::not_removed},
};

/// The orders of the store
///
/// Where each stands, and what happened to it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate orders --unfinished
  certgate orders show certgate-57c1d2a4e0b93f68")]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Orders {
    #[command(subcommand)]
    command: Option<OrdersCommand>,
    #[command(flatten)]
    selection: OrderSelection,
}

#[derive(Debug, Subcommand)]
enum OrdersCommand {
    /// Where each order stands: what `certgate orders` shows by itself
    #[command(after_help = "Example:\n  certgate orders list --state refused --since 7d --limit 10")]
    List {
        #[command(flatten)]
        selection: OrderSelection,
    },
    /// What happened to an order, and the messages about it
    #[command(after_help = "Example:\n  certgate orders show certgate-57c1d2a4e0b93f68")]
    Show {
        /// The order's id
        id: String,
    },
    /// Everything as JSON lines: each order with its history and its messages, then the messages about no order
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
        let address = store(app)?;
        let book = OrderBook::open(address.clone())?;
        if let Some(before) = book.migrated_from() {
            say_migrated(&address.to_string(), before);
        }
        match self.command {
            None => orders::list(app, &book, &self.selection.into()),
            Some(OrdersCommand::List { selection }) => orders::list(app, &book, &selection.into()),
            Some(OrdersCommand::Show { id }) => orders::show(app, &book.details(&id)?),
            Some(OrdersCommand::Export) => orders::export(app, &book),
            Some(OrdersCommand::Abandon { id, yes }) => abandon(app, &book, &id, yes),
            Some(OrdersCommand::Adopt { id, job }) => adopt(app, &book, &id, job),
        }
    }
}

fn abandon(app: &App, book: &OrderBook, id: &str, yes: bool) -> Result<Exit, Failure> {
    let order = book.find(id)?;
    orders::confirm_abandoning(&order, yes)?;
    // What removes the records of its validation is waited for.
    app.interrupt();
    let options = options_of_order(app, &order);
    if !book.journal_of(&order)?.abandon(&order, &[], &mut |why| not_removed(app, why, &options))? {
        return Err(orders::held(app, &order));
    }
    orders::given_up(app, &book.find(id)?)
}

fn adopt(app: &App, book: &OrderBook, id: &str, job: i64) -> Result<Exit, Failure> {
    let order = book.find(id)?;
    match book.journal_of(&order)?.adopt(id, job)? {
        Adoption::Adopted => orders::adopted(app, &book.find(id)?, job),
        Adoption::JobOf(owner) => Err(orders::job_of_another(app, &order, job, &owner)),
        Adoption::NoJob => Err(orders::without_job(app, &order)),
        _ => Err(orders::held(app, &order)),
    }
}
