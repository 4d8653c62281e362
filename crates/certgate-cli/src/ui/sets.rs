//! The sets of a certificate's folder, as they are shown.

use std::path::Path;

use certgate::installation::InstalledSet;
use serde_json::{Value, json};

use super::{document, outcome::set, table::Table};
use crate::app::App;

/// Prints the sets, oldest first.
pub(crate) fn print(app: &App, folder: &Path, sets: &[InstalledSet]) {
    let rows: Vec<Value> = sets.iter().map(row).collect();
    if app.json() {
        app.stdout.print(&json!({ "schema": 1, "folder": document::path(folder), "sets": rows }));
        return;
    }
    let mut columns = vec!["set", "current", "name", "serialNumber", "notBefore", "notAfter", "deployment.state"];
    if sets.iter().any(|set| set.record.revoked.is_some()) {
        columns.insert(6, "revoked");
    }
    if sets.iter().any(|set| set.gone.is_some()) {
        columns.push("gone");
    }
    Table::new(&app.stdout, columns.into_iter().map(str::to_owned).collect()).rows(&rows);
}

fn row(one: &InstalledSet) -> Value {
    let InstalledSet { name, is_current, certificate, record, gone, .. } = one;
    let mut row = json!({ "set": name, "current": is_current });
    let host = certificate.as_ref().and_then(|certificate| certificate.hosts().next());
    set(&mut row, "name", json!(record.name.clone().or(host)));
    set(&mut row, "certificate", json!(record.certificate));
    if let Some(certificate) = certificate {
        row["serialNumber"] = json!(certificate.serial);
        row["notBefore"] = json!(document::time(certificate.not_before.saturating_mul(1000)));
        row["notAfter"] = json!(document::time(certificate.not_after.saturating_mul(1000)));
    }
    set(&mut row, "revoked", json!(record.revoked.map(|at| document::time(at.saturating_mul(1000)))));
    row["deployment"] = json!(record.deployment);
    set(&mut row, "gone", json!(gone));
    row
}
