//! Whether a tape is fit to be relied on.

use std::{fs, path::Path};

use certgate_client::Redactor;
use certgate_domain::Verdict;
use certgate_wire::{Codec, Decoded};

use crate::{BLANK, Entry, Exchange, Folder, TapeError};

/// An exchange, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Its title: `0003 certificate-info over xml`.
    pub title: String,
    /// What is wrong, a line each; nothing where all is well.
    pub problems: Vec<String>,
}

/// Checks every exchange of a tape: it decodes without findings, encodes again to the same meaning, holds no secret, and was not
/// recorded before `oldest` (seconds since 1970).
///
/// # Errors
/// The tape cannot be read.
pub fn check(path: &Path, oldest: Option<i64>, secrets: &Redactor) -> Result<Vec<Checked>, TapeError> {
    let folder = Folder::open(path)?;
    let mut before = i64::MIN;
    let mut all = Vec::new();
    for (at, entry) in folder.entries().iter().enumerate() {
        let mut problems = match folder.exchange(entry) {
            Ok(exchange) => problems(&folder, entry, &exchange, secrets),
            Err(error) => vec![error.to_string()],
        };
        if entry.number != at + 1 {
            problems.push(format!(
                "it is number {} at place {}: the order was changed, or one is missing",
                entry.number,
                at + 1
            ));
        }
        match entry.unix() {
            None => problems.push(format!("its time `{}` is not a time", entry.time)),
            Some(time) => {
                if time < before {
                    problems.push(format!("it was recorded {}, before the one above it", entry.time));
                }
                before = time;
                problems.extend(age(time, oldest).map(|why| format!("it was recorded {}: {why}", entry.time)));
            }
        }
        all.push(Checked { title: entry.title(), problems });
    }
    if all.is_empty() {
        all.push(Checked { title: "tape.jsonl".to_owned(), problems: vec!["it holds no exchange".to_owned()] });
    }
    all.extend(strangers(&folder));
    // A tape may be anybody's, and say a secret of this run at any place that is named here.
    for text in all.iter_mut().flat_map(|Checked { title, problems }| std::iter::once(title).chain(problems)) {
        if let Some(clean) = secrets.shown(text) {
            *text = clean;
        }
    }
    Ok(all)
}

/// What is wrong with a time, where the age is asked for.
fn age(time: i64, oldest: Option<i64>) -> Option<&'static str> {
    let oldest = oldest?;
    if time < oldest {
        Some("record it again")
    } else if time > certgate_client::unix_now() / 1000 + CLOCKS {
        Some("that is still to come")
    } else {
        None
    }
}

/// How far two machines' clocks may be apart, in seconds.
const CLOCKS: i64 = 3600;

/// Files that no exchange names.
fn strangers(folder: &Folder) -> Option<Checked> {
    let named = |name: &str| {
        let of = |entry: &Entry| entry.request == name || entry.response.as_deref() == Some(name);
        name == "tape.jsonl" || folder.entries().iter().any(of)
    };
    let mut names: Vec<String> = fs::read_dir(folder.path())
        .into_iter()
        .flatten()
        .filter_map(|file| file.ok()?.file_name().into_string().ok())
        .filter(|name| (name.contains(".request.") || name.contains(".response.")) && !named(name))
        .collect();
    names.sort();
    let problems: Vec<String> = names.into_iter().map(|name| format!("{name} belongs to no exchange")).collect();
    (!problems.is_empty()).then(|| Checked { title: "tape.jsonl".to_owned(), problems })
}

fn problems(folder: &Folder, entry: &Entry, exchange: &Exchange, secrets: &Redactor) -> Vec<String> {
    let Some(kind) = entry.kind() else { return vec![format!("task `{}` is not known", entry.task)] };
    let codec = Folder::codec(entry);
    let mut problems = Vec::new();
    for (what, bytes) in
        [("request", Some(&exchange.request_file)), ("response", exchange.reply.as_ref().map(|reply| &reply.body.0))]
    {
        if bytes.is_some_and(|bytes| codec.redact(bytes) != *bytes) {
            problems.push(format!("{what}: a field that holds a secret is not blank"));
        }
    }
    let headers = exchange.request.headers.iter().map(|header| (header.name.as_str(), header.value.expose()));
    for (name, value) in headers.chain(entry.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))) {
        if value != BLANK && SECRET_HEADERS.iter().any(|secret| secret.eq_ignore_ascii_case(name)) {
            problems.push(format!("header `{name}` holds a secret: expected `{BLANK}`"));
        }
    }
    problems.extend(exchange.holds(entry, kind, &*codec, secrets, folder.stand_ins()));
    request(&*codec, exchange, kind, &mut problems);
    if let Some(reply) = &exchange.reply {
        // What no gateway says was recorded as it came: a proxy's page, a broken answer.
        if reply.status < 500 && reply.status != 429 {
            response(&*codec, reply, kind, &mut problems);
        } else if codec.decode_response(kind, reply).is_ok_and(|answer| answer.value.verdict() == Some(Verdict::Done)) {
            problems.push(format!("response: a success with HTTP {}: one of them was changed", reply.status));
        }
    }
    problems
}

/// Headers with credentials or sessions, of requests and of replies.
const SECRET_HEADERS: [&str; 6] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-domainrobot-sessionid",
    "x-domainrobot-2fa-token",
];

fn request(codec: &dyn Codec, exchange: &Exchange, kind: certgate_domain::TaskKind, problems: &mut Vec<String>) {
    match codec.decode_requests(Some(kind), &exchange.request).map(|mut calls| calls.pop()) {
        Ok(Some(Decoded { value, findings })) => {
            problems.extend(findings.iter().map(|finding| format!("request: {finding}")));
            // Only XML polls by one name for two tasks.
            if value.task.kind() != kind && kind != certgate_domain::TaskKind::Hello {
                problems.push(format!("request: it asks for {}", value.task.kind().name()));
            }
            let again = codec.encode_request(&value);
            for loss in &again.losses {
                problems.push(format!("request: {} cannot be said again: {}", loss.path, loss.why));
            }
            let back = codec.decode_requests(Some(kind), &again.payload).map(|mut calls| calls.pop());
            match back {
                Ok(Some(back)) if back.value.task == value.task && back.value.options == value.options => {}
                _ => problems.push("request: encoded again it means something else".to_owned()),
            }
        }
        Ok(None) => problems.push("request: it holds no task".to_owned()),
        Err(error) => problems.push(format!("request: {error}")),
    }
}

fn response(
    codec: &dyn Codec,
    reply: &certgate_wire::Reply,
    kind: certgate_domain::TaskKind,
    problems: &mut Vec<String>,
) {
    match codec.decode_response(kind, reply) {
        Ok(Decoded { value, findings }) => {
            problems.extend(findings.iter().map(|finding| format!("response: {finding}")));
            let again = codec.encode_responses(&[(kind, value.clone())]);
            for loss in &again.losses {
                problems.push(format!("response: {} cannot be said again: {}", loss.path, loss.why));
            }
            match codec.decode_response(kind, &again.payload) {
                Ok(back) if back.value == value => {}
                _ => problems.push("response: encoded again it means something else".to_owned()),
            }
        }
        Err(error) => problems.push(format!("response: {error}")),
    }
}
