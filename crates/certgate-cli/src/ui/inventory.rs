//! The certificates that are installed here, as commands choose and show them.

use std::path::PathBuf;

use certgate::{
    Journal,
    inventory::{InstalledCertificate, is_in, whole},
};
use certgate_store::Order;
use serde_json::{Value, json};

use crate::{app::App, exit::Failure, streams::printable};

/// The folders given, else the profile's.
pub(crate) fn chosen(app: &App, given: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    if !given.is_empty() {
        return Ok(given.to_vec());
    }
    let folders = app.settings()?.certificates.value;
    if folders.is_empty() {
        return Err(Failure::usage("no folder is given: name some, or set the profile's `certificates`"));
    }
    Ok(folders)
}

/// The orders with something left to do whose certificates go into these folders, or into folders right below them.
pub(crate) fn under_way(journal: &Journal, roots: &[PathBuf]) -> Result<Vec<(PathBuf, Order)>, Failure> {
    let into = |order: Order| {
        let folder = whole(&order.order.resume.install.as_ref()?.folder);
        is_in(&folder, roots).then_some((folder, order))
    };
    Ok(journal.unfinished()?.into_iter().filter_map(into).collect())
}

/// What is shown of one.
pub(crate) fn row(installed: &InstalledCertificate) -> Value {
    let InstalledCertificate { folder, name, serial, days, .. } = installed;
    let mut row = json!({ "folder": folder, "name": name, "serial": serial, "days": days });
    if let Some(id) = installed.id {
        row["certificate"] = json!(id);
    }
    if let Some(fits) = installed.key_fits {
        row["keyFits"] = json!(fits);
    }
    if let Some(settings) = &installed.record.settings {
        row["settings"] = json!(settings);
    }
    row
}

/// Shows what is remembered of each: how it was ordered, validated and installed, and is renewed.
pub(crate) fn remembered(app: &App, rows: &[Value]) {
    for row in rows {
        let folder = row["folder"].as_str().unwrap_or_default();
        for (name, value) in row["settings"].as_object().into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            app.stdout.line(&printable(&format!("{folder}: {name} = {value}")));
        }
    }
}
