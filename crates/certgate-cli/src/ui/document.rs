//! What goes to stdout.

use std::{
    borrow::Cow,
    io::{Error, ErrorKind, Write},
    sync::OnceLock,
};

use certgate::{Exchange, Kind, Redactor};
use certgate_domain::{AnyData, Certificate, Response};
use certgate_wire::{Finding, is_hidden, one_line};
use certgate_x509::Check;
use console::style;
use serde_json::{Value, json};

use crate::{
    args::Global,
    exit::Failure,
    ui::streams::{printable, say},
};

/// The secrets of this run: a gateway may say them back in what is shown of its answers.
static SECRETS: OnceLock<Redactor> = OnceLock::new();

/// No answer that is shown from now on holds these.
pub(crate) fn hide(secrets: Redactor) {
    let _ = SECRETS.set(secrets);
}

/// An answer as it is shown.
pub(crate) fn response(response: &Response<AnyData>) -> Value {
    without_secrets(certgate_json::document::response(response))
}

/// A certificate as it is shown.
pub(crate) fn certificate(certificate: &Certificate) -> Value {
    without_secrets(certgate_json::document::certificate(certificate))
}

/// The value without secrets in its texts; its names are the protocol's.
fn without_secrets(mut value: Value) -> Value {
    match &mut value {
        Value::String(text) => {
            if let Some(clean) = SECRETS.get().and_then(|secrets| secrets.shown(text)) {
                *text = clean;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without_secrets(item.take())),
        Value::Object(fields) => fields.values_mut().for_each(|field| *field = without_secrets(field.take())),
        _ => {}
    }
    value
}

/// Prints one JSON document.
pub(crate) fn print(document: &Value) {
    json_piece(&format!("{document:#}\n"));
}

/// Prints a piece of a JSON document. What is hidden in its texts is escaped, which says the same.
pub(crate) fn json_piece(json: &str) {
    piece(&with_escapes(json));
}

/// JSON in which no character is hidden. Outside of texts only line ends and tabs stand.
fn with_escapes(json: &str) -> Cow<'_, str> {
    let is_escaped = |c: char| is_hidden(c) && !matches!(c, '\n' | '\r' | '\t');
    if !json.contains(is_escaped) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match is_escaped(c) {
            false => escaped.push(c),
            true => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| escaped += &format!("\\u{unit:04x}")),
        }
    }
    Cow::Owned(escaped)
}

/// Prints a line.
pub(crate) fn line(text: &str) {
    piece(&format!("{text}\n"));
}

/// Prints a piece of a document that comes bit by bit.
pub(crate) fn piece(text: &str) {
    if FAILED.get().is_none()
        && let Err(why) = std::io::stdout().lock().write_all(text.as_bytes())
    {
        let _ = FAILED.set(why);
    }
}

/// Why stdout takes no more.
static FAILED: OnceLock<Error> = OnceLock::new();

/// Whether there is no use in printing more.
pub(crate) fn is_cut_off() -> bool {
    FAILED.get().is_some()
}

/// Everything printed is on its way; the error is what got lost. A closed pipe is the reader's choice.
pub(crate) fn flush() -> Result<(), Failure> {
    if let Err(why) = std::io::stdout().flush() {
        let _ = FAILED.set(why);
    }
    match FAILED.get() {
        Some(why) if why.kind() != ErrorKind::BrokenPipe => {
            let text = format!("standard output: {why}; what was to be printed is lost, what was done is done");
            Err(Failure::new(Kind::CheckFailed, text).said())
        }
        _ => Ok(()),
    }
}

/// A check's line for people.
pub(crate) fn check(ok: bool, text: &str) -> String {
    let verdict = if ok { style("ok").green() } else { style("PROBLEM").red() };
    format!("{verdict} {}", printable(text))
}

/// A time, milliseconds since 1970, as RFC 3339 in UTC, whole seconds.
pub(crate) fn time(unix: i64) -> String {
    jiff::Timestamp::from_second(unix.div_euclid(1000))
        .map(|time| time.to_string())
        .unwrap_or_else(|_| unix.to_string())
}

/// Says what checks could not be made.
pub(crate) fn say_unchecked(checks: &[Check]) {
    for check in checks.iter().filter(|check| check.is_warning) {
        say(&format!("certgate: warning: {}: {}", check.name, check.detail));
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
pub(crate) fn judge(global: &Global, found: &[Finding]) -> Result<(), Failure> {
    warn(global, found);
    match found.first() {
        Some(first) if global.strict => Err(Failure::new(Kind::CheckFailed, format!("{first} (--strict)")).said()),
        _ => Ok(()),
    }
}

/// Shows findings as warnings.
pub(crate) fn warn(global: &Global, found: &[Finding]) {
    if !global.quiet {
        for finding in found {
            say(&format!("certgate: warning: {finding}"));
        }
    }
}

/// Prints the answer to one task: the document, or its data for people.
pub(crate) fn answer(global: &Global, exchange: &Exchange) -> Result<(), Failure> {
    let (answer, found) = (&exchange.answer.value, &exchange.answer.findings);
    let response = self::response(answer);
    if global.json() {
        print(&json!({ "schema": 1, "response": response, "findings": findings(found) }));
        return judge(global, found);
    }
    for data in response.get("data").and_then(Value::as_array).into_iter().flatten() {
        text(data);
    }
    judge(global, found)
}

/// Prints the answer to a task that has no data: the document, or a line for people.
pub(crate) fn done(global: &Global, exchange: &Exchange, text: &str) -> Result<(), Failure> {
    if global.json() {
        return answer(global, exchange);
    }
    line(&printable(text));
    judge(global, &exchange.answer.findings)
}

/// Prints a value for people: a line a field, nested ones indented.
pub(crate) fn text(value: &Value) {
    let mut out = String::new();
    write_text(&mut out, value, 0);
    line(printable(&out).trim_end());
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

/// The paths of files, by what they are.
pub(crate) fn files(files: &[(&'static str, std::path::PathBuf)]) -> Value {
    files.iter().map(|(kind, path)| ((*kind).to_owned(), json!(path))).collect::<serde_json::Map<_, _>>().into()
}
