//! The store itself, as it is shown.

use certgate::StoreAddress;
use certgate_store::{CopiedTable, StoreContents, StoreStatus};
use serde_json::{Value, json};

use super::table::Table;
use crate::{
    app::App,
    exit::Exit,
    streams::{migration, printable},
};

/// Prints what a store is and how it stands.
pub(crate) fn status(app: &App, address: &StoreAddress, status: &StoreStatus) -> Exit {
    if app.json() {
        app.stdout.print(&json!({ "schema": 1, "store": document(address, status) }));
        return Exit::DONE;
    }
    let mut lines = vec![("store", address.to_string()), ("database", status.database.clone())];
    lines.push(("tables", tables(status)));
    if status.version > 0 {
        lines.push(("latency", format!("{:.1} ms", milliseconds(status))));
    }
    if !matches!(address, StoreAddress::File(_)) {
        lines.push(("tls", status.tls.clone().unwrap_or_else(|| "none".to_owned())));
    }
    if status.is_pooled {
        lines.push(("sessions", "shared by a pool in transaction mode: connect it in session mode".to_owned()));
    }
    if let Some(StoreContents { orders, unfinished, messages, leases, .. }) = &status.contents {
        lines.push(("orders", format!("{orders}, {unfinished} of them not finished")));
        lines.push(("messages", messages.to_string()));
        lines.push(("leases", self::leases(leases)));
    }
    for (name, value) in lines {
        app.stdout.line(&printable(&format!("{name:<9} {value}")));
    }
    Exit::DONE
}

fn document(address: &StoreAddress, status: &StoreStatus) -> Value {
    let mut store = json!({
        "address": address.to_string(),
        "database": status.database,
        "version": status.version,
        "known": StoreStatus::KNOWN,
        "latencyMicroseconds": u64::try_from(status.latency.as_micros()).unwrap_or(u64::MAX),
        "pooled": status.is_pooled,
    });
    if let Some(tls) = &status.tls {
        store["tls"] = json!(tls);
    }
    if let Some(StoreContents { orders, unfinished, messages, leases, .. }) = &status.contents {
        store["orders"] = json!(orders);
        store["unfinished"] = json!(unfinished);
        store["messages"] = json!(messages);
        store["leases"] = leases.iter().map(|left| json!({ "secondsLeft": left.as_secs() })).collect();
    }
    store
}

/// In milliseconds, to the microsecond.
pub(crate) fn milliseconds(status: &StoreStatus) -> f64 {
    status.latency.as_micros() as f64 / 1000.0
}

/// The version of the tables, in words.
pub(crate) fn tables(status: &StoreStatus) -> String {
    match status.version {
        0 => "none yet: they are made with the first order".to_owned(),
        version if status.is_older() => {
            format!("version {version}, brought up to {} when it is opened", StoreStatus::KNOWN)
        }
        version if status.is_newer() => {
            format!("version {version}, and this certgate knows up to {}", StoreStatus::KNOWN)
        }
        version => format!("version {version}, up to date"),
    }
}

/// Who is at work, in words.
pub(crate) fn leases(leases: &[std::time::Duration]) -> String {
    match leases {
        [] => "none: nobody is at work".to_owned(),
        [one] => format!("1, which ends in {} s unless it is renewed", one.as_secs()),
        [.., last] => format!("{}, the last ends in {} s unless it is renewed", leases.len(), last.as_secs()),
    }
}

/// Tells that the tables were made or brought up to date, if they were.
pub(crate) fn migrated(app: &App, address: &StoreAddress, before: i64) {
    let known = StoreStatus::KNOWN;
    if app.json() {
        let migration = json!({ "store": address.to_string(), "from": before, "to": known });
        app.stdout.print(&json!({ "schema": 1, "migration": migration }));
    } else if before == 0 {
        app.stdout.line(&printable(&format!("{address}: tables made, version {known}")));
    } else if before < known {
        app.stdout.line(&printable(&migration(&address.to_string(), before)));
    }
}

/// Prints what was copied, table by table.
pub(crate) fn copied(app: &App, from: &StoreAddress, to: &StoreAddress, tables: &[CopiedTable]) -> Exit {
    let row =
        |CopiedTable { name, rows, sha256 }: &CopiedTable| json!({ "name": name, "rows": rows, "sha256": sha256 });
    let rows: Vec<Value> = tables.iter().map(row).collect();
    if app.json() {
        let copy = json!({ "from": from.to_string(), "to": to.to_string(), "tables": rows });
        app.stdout.print(&json!({ "schema": 1, "copy": copy }));
    } else {
        Table::new(&app.stdout, ["name", "rows", "sha256"].map(str::to_owned).to_vec()).rows(&rows);
    }
    Exit::DONE
}
