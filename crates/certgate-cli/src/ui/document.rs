//! What is shown: documents for scripts, lines for people.

use std::path::{Path, PathBuf};

use certgate::Exchange;
use certgate_domain::{AnyData, Certificate, Response};
use certgate_wire::{Finding, one_line};
use certgate_x509::Check;
use console::style;
use serde_json::{Value, json};

use super::outcome::strict;
use crate::{
    app::App,
    exit::Failure,
    streams::{printable, say},
};

/// An answer as it is shown.
pub(crate) fn response(app: &App, response: &Response<AnyData>) -> Value {
    without_secrets(app, certgate_json::document::response(response))
}

/// A certificate as it is shown.
pub(crate) fn certificate(app: &App, certificate: &Certificate) -> Value {
    without_secrets(app, certgate_json::document::certificate(certificate))
}

/// The value without secrets in its texts; its names are the protocol's.
fn without_secrets(app: &App, mut value: Value) -> Value {
    match &mut value {
        Value::String(text) => {
            if let Some(clean) = app.without_secrets(text) {
                *text = clean;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without_secrets(app, item.take())),
        Value::Object(fields) => fields.values_mut().for_each(|field| *field = without_secrets(app, field.take())),
        _ => {}
    }
    value
}

/// A check's line for people.
pub(crate) fn check(ok: bool, text: &str) -> String {
    let verdict = if ok { style("ok").green() } else { style("PROBLEM").red() };
    format!("{verdict} {}", one_line(text))
}

/// A time, milliseconds since 1970, as RFC 3339 in UTC, whole seconds.
pub(crate) fn time(unix: i64) -> String {
    jiff::Timestamp::from_second(unix.div_euclid(1000))
        .map(|time| time.to_string())
        .unwrap_or_else(|_| unix.to_string())
}

/// The day of a time, seconds since 1970, in UTC.
pub(crate) fn day(unix: i64) -> String {
    jiff::Timestamp::from_second(unix).map_or_else(|_| unix.to_string(), |time| time.strftime("%Y-%m-%d").to_string())
}

/// Says what checks could not be made.
pub(crate) fn say_unchecked(checks: &[Check]) {
    for check in checks.iter().filter(|check| check.is_warning) {
        say(&format!("certgate: warning: {}: {}", check.name, one_line(&check.detail)));
    }
}

/// The checks of a certificate or a request. One that could not be made has `warning`.
pub(crate) fn checks(checks: &[Check]) -> Value {
    let row = |check: &Check| {
        let mut row = json!({ "name": check.name, "ok": check.ok, "detail": check.detail });
        if check.is_warning {
            row["warning"] = json!(true);
        }
        row
    };
    checks.iter().map(row).collect()
}

/// The findings of a payload.
pub(crate) fn findings(findings: &[Finding]) -> Value {
    findings
        .iter()
        .map(|finding| {
            let mut value = json!({ "kind": finding.kind.as_str(), "path": finding.path });
            if let Some(place) = finding.place {
                value["line"] = json!(place.line);
                value["column"] = json!(place.column);
            }
            value
        })
        .collect()
}

/// Shows findings as warnings; under `--strict` they end the command, after its output.
pub(crate) fn judge(app: &App, found: &[Finding]) -> Result<(), Failure> {
    warn(app, found);
    strict(app, found)
}

/// Shows findings as warnings.
pub(crate) fn warn(app: &App, found: &[Finding]) {
    if !app.quiet {
        for finding in found {
            say(&format!("certgate: warning: {finding}"));
        }
    }
}

/// Prints the answer to one task: the document, or its data for people.
pub(crate) fn answer(app: &App, exchange: &Exchange) -> Result<(), Failure> {
    let whole = task(app, exchange);
    if app.json() {
        app.stdout.print(&whole);
    } else {
        let data = whole.pointer("/response/data").and_then(Value::as_array);
        data.into_iter().flatten().for_each(|data| text(app, data));
    }
    judge(app, &exchange.answer.findings)
}

/// The document of one task.
pub(crate) fn task(app: &App, exchange: &Exchange) -> Value {
    let (response, found) = (response(app, &exchange.answer.value), findings(&exchange.answer.findings));
    json!({ "schema": 1, "response": response, "findings": found })
}

/// Prints the answer to a task that has no data: the document, or a line for people.
pub(crate) fn done(app: &App, exchange: &Exchange, text: &str) -> Result<(), Failure> {
    if app.json() {
        return answer(app, exchange);
    }
    app.stdout.line(&printable(text));
    judge(app, &exchange.answer.findings)
}

/// Prints a value for people: a line a field, nested ones indented.
pub(crate) fn text(app: &App, value: &Value) {
    let mut out = String::new();
    write_text(&mut out, value, 0);
    app.stdout.line(printable(&out).trim_end());
}

fn write_text(out: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::Object(_) => {
                        *out += &format!("{indent}{}:\n", one_line(name));
                        write_text(out, value, depth + 1);
                    }
                    Value::Array(items) => {
                        for item in items {
                            match item {
                                Value::Object(_) | Value::Array(_) => {
                                    *out += &format!("{indent}{}:\n", one_line(name));
                                    write_text(out, item, depth + 1);
                                }
                                scalar => {
                                    *out += &format!("{indent}{}: {}\n", one_line(name), scalar_text(scalar, &indent))
                                }
                            }
                        }
                    }
                    scalar => *out += &format!("{indent}{}: {}\n", one_line(name), scalar_text(scalar, &indent)),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| write_text(out, item, depth)),
        scalar => *out += &format!("{indent}{}\n", scalar_text(scalar, &indent)),
    }
}

fn scalar_text(value: &Value, indent: &str) -> String {
    match value {
        // Of others' texts only PEM breaks lines.
        Value::String(text) if text.trim_start().starts_with("-----BEGIN ") => {
            let lines = text.trim_end().replace('\n', &format!("\n{indent}  "));
            format!("\n{indent}  {lines}")
        }
        Value::String(text) => one_line(text.trim_end()).into_owned(),
        other => other.to_string(),
    }
}

/// A path, be its name no text.
pub(crate) fn path(path: &Path) -> Value {
    path.to_string_lossy().into()
}

/// The paths of files, by what they are.
pub(crate) fn files(files: &[(&'static str, PathBuf)]) -> Value {
    files.iter().map(|(kind, file)| ((*kind).to_owned(), path(file))).collect::<serde_json::Map<_, _>>().into()
}
