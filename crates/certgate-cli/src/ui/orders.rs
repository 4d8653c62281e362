//! The orders of the store, as they are shown.

use certgate::{Abandonment, OrderBook, OrderDetails, OrderFilter, OrderState};
use certgate_store::{Message, NewOrder, Order, OrderEvent};
use serde_json::{Value, json};

use super::{
    command_line::{options_of_order, resume},
    confirm::ask,
    document, outcome,
    table::Table,
};
use crate::{
    app::App,
    exit::{Exit, Failure, Kind},
    streams::{printable, say},
};

/// Prints the orders: a table, or one document.
pub(crate) fn list(app: &App, book: &OrderBook, filter: &OrderFilter) -> Result<Exit, Failure> {
    // There may be ten thousand: each is text at once, and all are printed at once.
    let (mut rows, mut lines, mut unsent) = (Vec::new(), Vec::new(), Vec::new());
    let mut each = |order: Order| {
        if app.json() && order.state == OrderState::Unsent {
            unsent.push((lines.len(), order));
            lines.push(String::new());
        } else if app.json() {
            lines.push(listed(&order, row(&order), &[]).to_string());
        } else {
            rows.push(cells(order));
        }
    };
    let left_out = book.each_of(filter, &mut each)?;
    for (at, order) in unsent {
        lines[at] = listed(&order, row(&order), &book.details(&order.order.id)?.history).to_string();
    }
    let count = rows.len() + lines.len();
    if left_out > 0 && !app.quiet {
        say(&format!("certgate: {count} of {} orders are shown, those that were placed last", count + left_out));
    }
    if app.json() {
        app.stdout.json_piece(&format!("{{\"schema\":1,\"orders\":[{}]}}\n", lines.join(",\n")));
    } else {
        let columns = ["id", "state", "task", "certificate", "name", "job", "updated"];
        Table::new(&app.stdout, columns.map(str::to_owned).to_vec()).cells(rows);
    }
    Ok(if count == 0 { Exit::unchanged("no order of the store fits") } else { Exit::DONE })
}

/// Prints everything about an order.
pub(crate) fn show(app: &App, details: &OrderDetails) -> Result<Exit, Failure> {
    let document = whole(details);
    if app.json() {
        app.stdout.print(&json!({ "schema": 1, "order": document }));
    } else {
        document::text(app, &document);
    }
    Ok(Exit::DONE)
}

/// Prints everything, each order with its history and its messages, then the messages about no order: a line each, or one document.
pub(crate) fn export(app: &App, book: &OrderBook) -> Result<Exit, Failure> {
    let mut ids = Vec::new();
    book.each(&mut |order| ids.push(order.order.id))?;
    // Row by row: a store may hold more than fits into memory as text.
    let frame = |text: &str| {
        if app.json() {
            app.stdout.piece(text);
        }
    };
    let row = |is_first: bool, row: &Value| {
        frame(if is_first { "" } else { "," });
        app.stdout.json_piece(&format!("{row}\n"));
    };
    frame("{\"schema\":1,\"orders\":[");
    for (at, id) in ids.iter().enumerate() {
        let details = book.details(id)?;
        let order = whole(&details);
        row(at == 0, &if app.json() { listed(&details.order, order, &details.history) } else { order });
    }
    frame("],\"messages\":[");
    let mut is_first = true;
    book.each_foreign_message(&mut |message| {
        let mut shown = stored(&message);
        shown["account"] = json!(message.message.account);
        row(std::mem::take(&mut is_first), &shown);
    })?;
    frame("]}\n");
    Ok(if ids.is_empty() && is_first { Exit::unchanged("the store is empty") } else { Exit::DONE })
}

/// Asks whether an order is to be given up, and says when that is right; `yes` answers.
pub(crate) fn confirm_abandoning(order: &Order, yes: bool) -> Result<(), Failure> {
    let only = match Abandonment::of(order) {
        Abandonment::Published => "what was published for it is gone, or may stay",
        Abandonment::Certificate => "its certificate will never pass the checks",
        _ => "it is sure that it never arrived",
    };
    ask(yes, &format!("Give up order {} ({})? Do it only when {only}.", order.order.id, order.state.as_str()))
}

/// An order that is left to the process that has it.
pub(crate) fn held(app: &App, order: &Order) -> Failure {
    outcome::held_by_another(&order.order.id, &options_of_order(app, order)).with("order", outcome::order(order))
}

/// A job that was named for an order, and is another one's.
pub(crate) fn job_of_another(app: &App, order: &Order, job: i64, owner: &str) -> Failure {
    let show = format!("see `certgate orders show{} {owner}`", options_of_order(app, order));
    Failure::usage(format!("job {job} is that of order {owner}")).advise(show)
}

/// An order that a job was named for, and that can have none.
pub(crate) fn without_job(app: &App, order: &Order) -> Failure {
    let NewOrder { id, task, .. } = &order.order;
    let look = resume(&options_of_order(app, order), id);
    Failure::usage(format!("order {id} is a {task}, which has no job at the gateway"))
        .advise(format!("{look} looks whether it was carried out"))
}

/// Prints where an order stands that was given up.
pub(crate) fn given_up(app: &App, order: &Order) -> Result<Exit, Failure> {
    if app.json() {
        app.stdout.print(&json!({ "schema": 1, "order": outcome::order(order) }));
    } else {
        app.stdout.line(&format!("{}  {}", order.order.id, order.state.as_str()));
    }
    Ok(Exit::DONE)
}

/// Prints how an order is carried on with whose job was named by hand.
pub(crate) fn adopted(app: &App, order: &Order, job: i64) -> Result<Exit, Failure> {
    let id = &order.order.id;
    let resume = resume(&options_of_order(app, order), id);
    if app.json() {
        app.stdout.print(&json!({ "schema": 1, "order": outcome::order(order), "resume": resume }));
    } else {
        app.stdout.line(&format!("{id}  is job {job}: carry on with: {resume}"));
    }
    Ok(Exit::DONE)
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

/// A row of several orders, with the kind of its end by where it stands. Of one that was never sent its history tells why: nothing was about
/// to leave before it was validated.
fn listed(order: &Order, shown: Value, history: &[OrderEvent]) -> Value {
    let kind = match order.state {
        OrderState::Unsent if history.iter().all(|event| event.state != OrderState::Sending) => {
            Some(Kind::NotValidated)
        }
        state => Kind::of_state(state),
    };
    json!({ "order": shown, "kind": kind.map_or("done", Kind::name) })
}

/// An order with its history and its messages.
fn whole(OrderDetails { order, history, messages, .. }: &OrderDetails) -> Value {
    let mut document = row(order);
    document["history"] = history
        .iter()
        .map(|line| json!({ "time": document::time(line.time), "state": line.state.as_str(), "detail": line.detail }))
        .collect();
    document["messages"] = messages.iter().map(stored).collect();
    if !order.published.is_empty() {
        document["published"] = json!(order.published);
    }
    if let Some(csr) = &order.order.csr {
        document["csr"] = json!(csr);
    }
    document
}

/// A message as the store has it.
fn stored(message: &Message) -> Value {
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
