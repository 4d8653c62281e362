//! Certificate requests, as they are shown.

use std::path::Path;

use certgate_x509::{CertificateRequest, Check};
use serde_json::{Value, json};

use super::document;
use crate::{
    app::App,
    exit::{Exit, Kind},
    streams::printable,
};

/// Prints a request that was made: where it is, or the request itself.
pub(crate) fn made(app: &App, request: &CertificateRequest, text: &str, key: Option<&Path>, file: Option<&Path>) {
    if app.json() {
        let mut document = json!({ "schema": 1, "request": facts(request), "csr": text });
        for (name, path) in [("keyFile", key), ("file", file)] {
            if let Some(path) = path {
                document[name] = document::path(path);
            }
        }
        return app.stdout.print(&document);
    }
    match file {
        Some(path) => app.stdout.line(&printable(&path.display().to_string())),
        None => app.stdout.line(text.trim_end()),
    }
}

/// What a request says, by the JSON API's names where it has them.
fn facts(request: &CertificateRequest) -> Value {
    let names: Vec<String> = request.names.iter().map(ToString::to_string).collect();
    let mut facts = json!({ "names": names, "key": request.key.to_string(), "keySize": request.key.bits });
    if request.subject.attributes().next().is_some() {
        facts["subject"] = json!(request.subject.to_string());
    }
    if !request.attributes.is_empty() {
        facts["attributes"] = json!(request.attributes);
    }
    let texts = [
        ("name", &request.common_name),
        ("organization", &request.organization),
        ("organizationUnit", &request.organization_unit),
        ("city", &request.city),
        ("state", &request.state),
        ("countryCode", &request.country),
        ("email", &request.email),
        ("signatureHashAlgorithm", &request.signature_hash),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            facts[name] = json!(value);
        }
    }
    facts
}

/// Prints what a request says.
pub(crate) fn show(app: &App, request: &CertificateRequest) {
    if app.json() {
        app.stdout.print(&json!({ "schema": 1, "request": facts(request) }));
    } else {
        document::text(app, &facts(request));
    }
}

/// Shows what came of checks; gives the exit code.
pub(crate) fn checked(app: &App, request: &CertificateRequest, checks: &[Check]) -> Exit {
    document::say_unchecked(checks);
    if app.json() {
        app.stdout.print(&json!({ "schema": 1, "checks": document::checks(checks), "request": facts(request) }));
    } else {
        for Check { name, ok, detail, .. } in checks {
            app.stdout.line(&document::check(*ok, &format!("{name}: {detail}")));
        }
    }
    if checks.iter().all(|check| check.ok) { Exit::DONE } else { Kind::CheckFailed.into() }
}
