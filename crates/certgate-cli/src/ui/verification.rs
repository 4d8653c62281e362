//! What is served, as it is shown.

use certgate::served::Verification;
use serde_json::{Value, json};

use super::document;
use crate::{
    app::App,
    exit::{Exit, Failure, Kind, worst},
    streams::say,
};

/// Prints what was seen; gives the exit code.
pub(crate) fn print(app: &App, verifications: &[Verification]) -> Result<Exit, Failure> {
    if app.json() {
        let rows: Vec<Value> = verifications.iter().map(row).collect();
        app.stdout.print(&json!({ "schema": 1, "served": rows }));
        for problem in verifications.iter().filter_map(Verification::problem) {
            say(&format!("certgate: {problem}"));
        }
    } else {
        verifications.iter().for_each(|one| lines(app, one));
    }
    Ok(worst(verifications.iter().map(kind)).into())
}

fn kind(one: &Verification) -> Option<Kind> {
    match &one.served {
        Err(_) => Some(Kind::Unreachable),
        Ok(_) => (!one.is_as_expected()).then_some(Kind::CheckFailed),
    }
}

/// What was seen at one server.
pub(crate) fn row(one: &Verification) -> Value {
    let kind = kind(one).map_or("done", Kind::name);
    let mut row = json!({ "at": one.endpoint.to_string(), "serverName": one.server_name, "kind": kind });
    match &one.served {
        Ok(served) => {
            row["address"] = json!(served.address.to_string());
            row["serialNumber"] = json!(served.certificate.serial);
            row["notAfter"] = json!(document::time(served.certificate.not_after.saturating_mul(1000)));
            row["checks"] = document::checks(&one.checks);
        }
        Err(why) => row["text"] = json!(why.to_string()),
    }
    row
}

fn lines(app: &App, one: &Verification) {
    let at = &one.endpoint;
    match &one.served {
        Ok(_) => one.checks.iter().for_each(|check| {
            app.stdout.line(&document::check(check.ok, &format!("{at} {}: {}", check.name, check.detail)));
        }),
        Err(why) => app.stdout.line(&document::check(false, &format!("{at}: {why}"))),
    }
}
